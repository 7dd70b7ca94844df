#include "reference/evaluate.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "vkseg/graph_builder.hpp"
#include "vkseg/segment.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::find_instances_test {
namespace {

constexpr int64_t input_extent = 64;

struct Outputs
{
    std::vector<float> boxes = {8, 8, 24, 40, 16, 16, 60, 64, 0, 0, 64, 10};
    std::vector<float> scores = {0.9f, 0.8f, 0.3f};
    bool has_masks = true;
};

/// A network that keeps the given boxes of score above 0.5 whatever the picture, unless that is black: then its scores
/// are NaN.
Graph network(const Outputs& given)
{
    GraphBuilder net("instances");
    const auto count = int64_t(given.scores.size());
    const ValueId x = net.input("image", {1, 3, input_extent, input_extent});
    const ValueId mean = net.node(Reduce{.keep_dims = false}, {x});
    const ValueId one = net.node(Binary{.kind = BinaryKind::div}, {mean, mean}); // NaN of a black picture
    const ValueId boxes = net.constant(Tensor::from({count, 4}, given.boxes));
    const ValueId scores = net.mul(net.constant(Tensor::from({count}, given.scores)), one);
    std::vector<int64_t> label_of;
    for (int64_t i = 0; i < count; ++i)
        label_of.push_back(1 + i % 2);
    const ValueId labels = net.constant(Tensor::from_integers({count}, label_of));
    const ValueId kept = net.node(BatchedNms{.score_threshold = 0.5f}, {boxes, scores, labels});
    std::vector<ValueId> outputs = {net.node(Gather{}, {boxes, kept}), net.node(Gather{}, {labels, kept}),
                                    net.node(Gather{}, {scores, kept})};
    std::vector<std::string> names = {"boxes", "labels", "scores"};
    if (given.has_masks)
    {
        outputs.push_back(net.node(Gather{}, {net.constant(random({count, 1, 6, 6}, 0, 1)), kept}));
        names.emplace_back("masks");
    }
    Result<Graph> graph = net.finish(outputs, names);
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    return *std::move(graph);
}

ModelDescription description()
{
    ModelDescription described;
    described.kind = OutputKind::instances;
    described.placement.fit = PictureFit::letterbox_top_left;
    described.classes = {"background", "round", "square"};
    return described;
}

Segmenter make_segmenter(const TestDevice& device, const Outputs& given, const ModelDescription& described,
                         Precision precision = Precision::f32)
{
    Result<Segmenter> segmenter = Segmenter::create(device.device, network(given), described, {.precision = precision});
    REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
    return *std::move(segmenter);
}

std::vector<uint8_t> grey_pixels(int width, int height, uint8_t value)
{
    return std::vector<uint8_t>(size_t(width) * size_t(height) * 3, value);
}

std::string refusal_of(const Outputs& given, const ModelDescription& described)
{
    return Segmenter::create(devices()[0].device, network(given), described).status().message();
}

/// Candidates (x and y of the centre, width, height, probabilities of two classes, a coefficient) of a YOLO network,
/// whatever the picture, and its prototype: positive in the left half of the input.
Graph yolo_network()
{
    const std::vector<float> candidates = {16, 16, 16, 16, 0.9f, 0.1f, 1,  // class 0
                                           17, 16, 16, 16, 0.8f, 0.1f, 1,  // the same object
                                           16, 16, 16, 16, 0.2f, 0.7f, 1,  // class 1 at the same place
                                           32, 32, 32, 32, 0.5f, 0.6f, -1, // right of the middle
                                           48, 48, 8,  8,  0.2f, 0.1f, 1}; // below the threshold
    std::vector<float> turned;
    for (size_t row = 0; row < 7; ++row)
    {
        for (size_t column = 0; column < 5; ++column)
            turned.push_back(candidates[column * 7 + row]);
    }
    std::vector<float> prototype;
    for (int i = 0; i < 16 * 16; ++i)
        prototype.push_back(i % 16 < 8 ? 1.0f : -1.0f);
    GraphBuilder net("yolo");
    const ValueId x = net.input("images", {1, 3, input_extent, input_extent});
    const ValueId zero = net.scale(net.node(Reduce{.keep_dims = false}, {x}), 0);
    Result<Graph> graph = net.finish({net.add(net.constant(Tensor::from({1, 7, 5}, turned)), zero),
                                      net.add(net.constant(Tensor::from({1, 1, 16, 16}, prototype)), zero)},
                                     {"output0", "output1"});
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    return *std::move(graph);
}

} // namespace

TEST_CASE("find instances: candidates of a YOLO network are decoded and selected")
{
    constexpr int width = 128;
    constexpr int height = 128;
    const std::vector<uint8_t> pixels = grey_pixels(width, height, 200);
    const ImageView picture = {.pixels = pixels.data(), .width = width, .height = height, .channels = 3};
    ModelDescription described;
    described.kind = OutputKind::yolo_seg;
    described.placement.fit = PictureFit::letterbox;
    described.classes = {"round", "square"};
    for (const TestDevice& device : devices())
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            Result<Segmenter> segmenter =
                Segmenter::create(device.device, yolo_network(), described, {.precision = precision});
            REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
            CHECK(segmenter->finds_instances());
            const Result<Detections> found = segmenter->find_instances(picture);
            REQUIRE_MESSAGE(found.is_ok(), found.status().message());
            REQUIRE(found->instances.size() == 3);
            const int64_t labels[] = {0, 1, 1};
            const std::array<float, 4> boxes[] = {{16, 16, 48, 48}, {16, 16, 48, 48}, {32, 32, 96, 96}};
            const uint64_t areas[] = {32 * 32, 32 * 32, 32 * 64}; // the last one's left half is not set
            for (size_t i = 0; i < 3; ++i)
            {
                CHECK(found->instances[i].label == labels[i]);
                CHECK(found->instances[i].box == boxes[i]);
                CHECK(mask_area(found->instances[i].mask) == areas[i]);
            }
            CHECK(found->ids[20 * width + 20] == 1);
            CHECK(found->ids[70 * width + 70] == 3);
            CHECK(found->ids[70 * width + 40] == 0);
            count_check(device.name);
        }
    }
    described.classes = {"round"};
    CHECK(Segmenter::create(devices()[0].device, yolo_network(), described).status().message() ==
          "model description: 'classes' names 1, but the network has 2");
    described.classes.clear();
    described.yolo.prototypes = "output0";
    CHECK(Segmenter::create(devices()[0].device, yolo_network(), described)
              .status()
              .message()
              .find("expected output.candidates of shape 1x(4 + classes + K)xN") != std::string::npos);
    const Result<ModelDescription> read = parse_description(
        R"({"output": {"kind": "yolo-seg", "min_score": 0.5, "iou": 0.45, "most": 20}})", "model.json");
    REQUIRE_MESSAGE(read.is_ok(), read.status().message());
    CHECK((read->kind == OutputKind::yolo_seg && read->yolo.min_score == 0.5f && read->yolo.most == 20));
}

TEST_CASE("find instances: boxes, masks and ids at the picture's size")
{
    constexpr int width = 128;
    constexpr int height = 96; // fills 64 x 48 of the input
    const std::vector<uint8_t> pixels = grey_pixels(width, height, 200);
    for (const TestDevice& device : devices())
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            Segmenter segmenter = make_segmenter(device, {}, description(), precision);
            const Result<Detections> found =
                segmenter.find_instances({.pixels = pixels.data(), .width = width, .height = height, .channels = 3});
            REQUIRE_MESSAGE(found.is_ok(), found.status().message());
            REQUIRE(found->instances.size() == 2);
            const Instance& first = found->instances[0];
            CHECK(first.label == 1);
            CHECK(first.score == doctest::Approx(0.9f).epsilon(1e-3));
            CHECK(first.box == std::array<float, 4>{16, 16, 48, 80});
            CHECK(found->instances[1].box == std::array<float, 4>{32, 32, 120, 96}); // clipped below
            std::vector<uint8_t> ids(size_t(width) * height);
            for (size_t i = found->instances.size(); i-- > 0;)
            {
                const RunLengths& mask = found->instances[i].mask;
                CHECK((mask.height == height && mask.width == width));
                CHECK(mask_area(mask) > 0);
                const Result<std::vector<uint8_t>> set = decode_mask(mask);
                REQUIRE(set.is_ok());
                for (size_t pixel = 0; pixel < ids.size(); ++pixel)
                    ids[pixel] = (*set)[pixel] != 0 ? uint8_t(i + 1) : ids[pixel];
            }
            CHECK(found->ids == ids);
            if (precision == Precision::f32)
            {
                const Tensor masks = random({3, 1, 6, 6}, 0, 1);
                const Tensor one_mask = masks.entries(0, 0, 1);
                const Tensor box = Tensor::from({1, 4}, {16, 16, 48, 80});
                const Tensor label = ints({1});
                const Tensor* const inputs[] = {&one_mask, &box, &label};
                const Result<reference::Tensors> pasted =
                    reference::evaluate(PasteMasks{.size = {height, width}}, inputs);
                REQUIRE(pasted.is_ok());
                std::vector<uint32_t> words;
                for (const int64_t word : (*pasted)[0].to_integers())
                    words.push_back(uint32_t(word));
                CHECK(first.mask == *encode_mask_bits(words, height, width));
            }
            count_check(device.name);
        }
    }
}

TEST_CASE("find instances: masks and ids larger than a binding")
{
    constexpr int width = 701;
    constexpr int height = 500;
    const std::vector<uint8_t> pixels = grey_pixels(width, height, 200);
    const ImageView picture = {.pixels = pixels.data(), .width = width, .height = height, .channels = 3};
    const Result<Detections> expected = make_segmenter(devices().front(), {}, description()).find_instances(picture);
    REQUIRE_MESSAGE(expected.is_ok(), expected.status().message());
    REQUIRE(expected->instances.size() == 2);
    for (const TestDevice& device : devices_that_bind(size_t(1) << 16))
    {
        const Result<Detections> found = make_segmenter(device, {}, description()).find_instances(picture);
        REQUIRE_MESSAGE(found.is_ok(), found.status().message());
        REQUIRE(found->instances.size() == 2);
        for (size_t i = 0; i < 2; ++i)
            CHECK(found->instances[i].mask == expected->instances[i].mask);
        CHECK(found->ids == expected->ids);
        count_check(device.name);
    }
}

TEST_CASE("find instances: masks beyond the memory limit are refused with their size and advice")
{
    ModelDescription described = description();
    described.placement.size = {input_extent, input_extent};
    Result<Segmenter> segmenter =
        Segmenter::create(devices().front().device, network({}), described, {.max_memory_bytes = size_t(1) << 20});
    REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
    const Status status = segmenter->prepare(3200, 3000, 3);
    CHECK(status.code() == StatusCode::out_of_memory);
    CHECK(
        status.message() ==
        "the picture may be too large, as there is a mask of its size for each instance that the network can find (use "
        "a smaller picture, or allow more memory): node 'vkseg.paste_masks' (PasteMasks): its output 3x3000x100 takes "
        "3516 KiB, but the memory limit is 1 MiB; raise it with --max-memory or SessionOptions::max_memory_bytes");
}

TEST_CASE("find instances: none, and networks without masks")
{
    const std::vector<uint8_t> pixels = grey_pixels(40, 30, 9);
    const ImageView picture = {.pixels = pixels.data(), .width = 40, .height = 30, .channels = 3};
    for (const TestDevice& device : devices())
    {
        Outputs nothing;
        nothing.scores = {0.1f, 0.2f, 0.3f};
        const Result<Detections> none = make_segmenter(device, nothing, description()).find_instances(picture);
        REQUIRE_MESSAGE(none.is_ok(), none.status().message());
        CHECK(none->instances.empty());
        CHECK(none->ids == std::vector<uint8_t>(40 * 30));

        Outputs boxes_only;
        boxes_only.has_masks = false;
        const Result<Detections> boxes = make_segmenter(device, boxes_only, description()).find_instances(picture);
        REQUIRE_MESSAGE(boxes.is_ok(), boxes.status().message());
        REQUIRE(boxes->instances.size() == 2);
        CHECK(boxes->instances[0].mask.counts.empty());
        CHECK(boxes->ids.empty());
    }
}

TEST_CASE("find instances: thousands of candidates, of which all are found or all are the same")
{
    constexpr int64_t count = 5000;
    std::vector<float> apart;
    std::vector<float> equal;
    std::vector<float> scores;
    std::vector<int64_t> order;
    for (int64_t i = 0; i < count; ++i)
    {
        const float x = float(i % 100) * 0.5f;
        const float y = float(i / 100) * 0.5f;
        apart.insert(apart.end(), {x, y, x + 0.375f, y + 0.375f});
        equal.insert(equal.end(), {8, 16, 40, 48});
        const int64_t rank = i * 1789 % count;
        scores.push_back(0.99f - 1e-5f * float(rank));
        order.push_back(rank);
    }
    std::vector<int64_t> by_score(count);
    for (int64_t i = 0; i < count; ++i)
        by_score[size_t(order[size_t(i)])] = i;
    const std::vector<uint8_t> pixels = grey_pixels(input_extent, input_extent, 200);
    const ImageView picture = {.pixels = pixels.data(), .width = input_extent, .height = input_extent, .channels = 3};
    for (const TestDevice& device : devices())
    {
        const Result<Detections> all =
            make_segmenter(device, {.boxes = apart, .scores = scores}, description()).find_instances(picture);
        REQUIRE_MESSAGE(all.is_ok(), all.status().message());
        REQUIRE(all->instances.size() == size_t(count));
        CHECK(all->ids.empty()); // a byte holds 255
        for (size_t i = 0; i < size_t(count); ++i)
        {
            const auto box = size_t(by_score[i]);
            CHECK(std::equal(all->instances[i].box.begin(), all->instances[i].box.end(),
                             apart.begin() + ptrdiff_t(4 * box)));
        }
        const Result<Detections> one =
            make_segmenter(device, {.boxes = equal, .scores = scores}, description()).find_instances(picture);
        REQUIRE_MESSAGE(one.is_ok(), one.status().message());
        REQUIRE(one->instances.size() == 2); // of each class the one of the highest score
        CHECK(one->instances[0].score == 0.99f);
        for (const Instance& instance : one->instances)
            CHECK(instance.box == std::array<float, 4>{8, 16, 40, 48});
        CHECK(one->instances[0].label != one->instances[1].label);
        count_check(device.name);
    }
}

TEST_CASE("find instances: a picture of one pixel")
{
    const uint8_t pixel[] = {10, 20, 30};
    for (const TestDevice& device : devices())
    {
        const Result<Detections> found = make_segmenter(device, {}, description())
                                             .find_instances({.pixels = pixel, .width = 1, .height = 1, .channels = 3});
        REQUIRE_MESSAGE(found.is_ok(), found.status().message());
        CHECK(found->instances.size() == 2);
        CHECK(found->ids.size() == 1);
    }
}

TEST_CASE("find instances: faults of the network are reported")
{
    const std::vector<uint8_t> black = grey_pixels(8, 8, 0);
    const std::vector<uint8_t> grey = grey_pixels(8, 8, 50);
    const auto message = [](const TestDevice& device, const Outputs& given, const ModelDescription& described,
                            const std::vector<uint8_t>& pixels)
    {
        return make_segmenter(device, given, described)
            .find_instances({.pixels = pixels.data(), .width = 8, .height = 8, .channels = 3})
            .status()
            .message();
    };
    ModelDescription two_classes = description();
    two_classes.classes.resize(2);
    Outputs infinite;
    infinite.boxes[2] = std::numeric_limits<float>::infinity(); // would be clipped to the picture
    Outputs undefined;
    undefined.boxes[9] = std::numeric_limits<float>::quiet_NaN(); // of a box that is not kept
    for (const TestDevice& device : devices())
    {
        CHECK(message(device, {}, description(), black).starts_with("some of the network's scores are NaN; "));
        CHECK(message(device, {}, two_classes, grey) == "the network gives label 2, but 'classes' names 2");
        CHECK(message(device, undefined, description(), grey).starts_with("some of the network's boxes are NaN; "));
        CHECK(message(device, infinite, description(), grey)
                  .starts_with("some of the network's boxes are NaN or infinite; "));
    }
}

TEST_CASE("find instances: outputs that are not those of the same instances are refused")
{
    const auto refusal = [](const Tensor& boxes, const Tensor& labels, const Tensor& scores)
    {
        GraphBuilder net("unfit");
        const ValueId x = net.input("image", {1, 3, input_extent, input_extent});
        const ValueId zero = net.scale(net.node(Reduce{.keep_dims = false}, {x}), 0);
        const ValueId label_values =
            is_float(labels.type()) ? net.add(net.constant(labels), zero) : net.constant(labels);
        Result<Graph> graph =
            net.finish({net.add(net.constant(boxes), zero), label_values, net.add(net.constant(scores), zero)},
                       {"boxes", "labels", "scores"});
        REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
        Result<Segmenter> segmenter = Segmenter::create(devices()[0].device, *std::move(graph), description());
        if (!segmenter.is_ok())
            return segmenter.status().message();
        const std::vector<uint8_t> pixels = grey_pixels(8, 8, 50);
        return segmenter->find_instances({.pixels = pixels.data(), .width = 8, .height = 8, .channels = 3})
            .status()
            .message();
    };
    const Tensor boxes = Tensor::from({2, 4}, {0, 0, 8, 8, 8, 8, 16, 16});
    const Tensor scores = Tensor::from({2}, {0.9f, 0.5f});
    const std::string expected = "expected boxes of shape Rx4, integer labels of shape R and scores of shape R";
    CHECK(refusal(boxes, ints({1, 1}), scores).empty());
    CHECK(refusal(boxes, ints({1}), scores).find(expected) != std::string::npos);
    CHECK(refusal(boxes, ints({1, 1}), random({3}, 0, 1)).find(expected) != std::string::npos);
    CHECK(refusal(boxes, ints({1, 1}), random({2, 2}, 0, 1)).find(expected) != std::string::npos);
    CHECK(refusal(boxes, random({2}, 0, 1), scores).find(expected) != std::string::npos);
    CHECK(refusal(random({2, 5}), ints({1, 1}), scores).find(expected) != std::string::npos);
    CHECK(refusal(boxes, ints({1, 1}), Tensor::from({2}, {0.5f, 0.9f})).find("in falling order") != std::string::npos);
    CHECK(refusal(boxes, ints({1, 1}), Tensor::from({2}, {7, 0})).find("expected probabilities") != std::string::npos);
    CHECK(refusal(boxes, ints({-1, 1}), scores) == "the network gives label -1");
    CHECK(refusal(Tensor::from({2, 4}, {9, 9, 1, 1, 0, 0, 1, 1}), ints({1, 1}), scores).find("second corner") !=
          std::string::npos);
}

TEST_CASE("find instances: classes of pixels and instances are not confused")
{
    const std::vector<uint8_t> pixels = grey_pixels(8, 8, 50);
    const ImageView picture = {.pixels = pixels.data(), .width = 8, .height = 8, .channels = 3};
    Segmenter segmenter = make_segmenter(devices()[0], {}, description());
    CHECK(segmenter.segment(picture).status().message() ==
          "the network finds instances, not classes of pixels: call find_instances()");
    GraphBuilder net("classes");
    const ValueId x = net.input("image", {1, 3, 8, 8});
    Result<Segmenter> classes = Segmenter::create(devices()[0].device, *net.finish({net.sigmoid(x)}), {});
    REQUIRE_MESSAGE(classes.is_ok(), classes.status().message());
    CHECK(classes->find_instances(picture).status().message() ==
          "the network gives classes of pixels, not instances: call segment()");
}

TEST_CASE("find instances: descriptions that do not fit are refused")
{
    ModelDescription described = description();
    described.instances.scores = "confidences";
    CHECK(refusal_of({}, described) ==
          "model description: the network has no output 'confidences' for output.scores; it has 'boxes', 'labels', "
          "'scores', 'masks'");
    described = description();
    described.instances.masks = "segments";
    CHECK(refusal_of({}, described).find("no output 'segments' for output.masks") != std::string::npos);
    described = description();
    described.crf.emplace();
    CHECK(refusal_of({}, described).find("a CRF refines maps of classes") != std::string::npos);
    described = description();
    described.threshold = 2;
    CHECK(refusal_of({}, described).find("output.threshold must be 0 to 1") != std::string::npos);
    const auto parse = [](const char* text) { return parse_description(text, "model.json"); };
    const Result<ModelDescription> read = parse(
        R"({"output": {"kind": "instances", "boxes": "b", "labels": "l", "scores": "s", "masks": "", "threshold": 0.25}})");
    REQUIRE_MESSAGE(read.is_ok(), read.status().message());
    CHECK(read->kind == OutputKind::instances);
    CHECK(read->instances.boxes == "b");
    CHECK(read->instances.masks.empty());
    CHECK(read->threshold == 0.25f);
    CHECK(parse(R"({"output": {"kind": "objects"}})").status().message() ==
          "model.json.output.kind: expected one of 'classes', 'instances', 'yolo-seg', got \"objects\"");
    CHECK(parse(R"({"output": {"kind": "instances", "values": "logits"}})")
              .status()
              .message()
              .find("unknown key 'values'") != std::string::npos);
    CHECK(parse(R"({"output": {"boxes": "b"}})").status().message().find("unknown key 'boxes'") != std::string::npos);
}

} // namespace vkseg::test::find_instances_test
