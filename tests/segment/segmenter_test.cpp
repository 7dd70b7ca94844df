#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/segment.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

namespace vkseg::test::segmenter_test {
namespace {

/// Probability = red / 255: one 1×1 convolution.
Graph red_network(Shape shape)
{
    Graph graph;
    graph.name = "red";
    const ValueId x = graph.add_input("x", DType::f32, shape);
    const ValueId w = graph.add_constant("w", Tensor::from({1, 3, 1, 1}, {1, 0, 0}));
    graph.outputs = {graph.add_node("y", Conv{}, {x, w})};
    return graph;
}

ModelDescription probabilities()
{
    ModelDescription description;
    description.source = MaskSource::probabilities;
    return description;
}

/// Left half red, right half green; in rows of 5 bytes more than they need.
struct HalfRed
{
    HalfRed(int width, int height) : view{nullptr, width, height, 3, size_t(width) * 3 + 5}
    {
        pixels.assign(view.row_stride_bytes * size_t(height), 77);
        for (int y = 0; y < height; ++y)
        {
            for (int x = 0; x < width; ++x)
            {
                uint8_t* const at = pixels.data() + size_t(y) * view.row_stride_bytes + size_t(x) * 3;
                at[0] = x < width / 2 ? 255 : 0;
                at[1] = x < width / 2 ? 0 : 255;
                at[2] = 0;
            }
        }
        view.pixels = pixels.data();
    }
    std::vector<uint8_t> pixels;
    ImageView view;
};

std::string refusal_of(Graph graph, const ModelDescription& description)
{
    const Result<Segmenter> segmenter = Segmenter::create(devices()[0].device, std::move(graph), description);
    return segmenter.is_ok() ? "" : segmenter.status().message();
}

} // namespace

TEST_CASE("segmenter: a picture of any size comes back as masks of its own size")
{
    for (const TestDevice& device : devices())
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            SessionOptions options;
            options.precision = precision;
            Result<Segmenter> segmenter =
                Segmenter::create(device.device, red_network({1, 3, 16, 16}), probabilities(), options);
            REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
            for (const int width : {16, 50, 50, 7, 16})
            {
                const HalfRed picture(width, 9);
                const Result<Segmentation> result = segmenter->segment(picture.view);
                REQUIRE_MESSAGE(result.is_ok(), result.status().message());
                REQUIRE(result->labels.size() == size_t(width) * 9);
                for (const int y : {0, 8})
                {
                    const size_t row = size_t(y) * size_t(width);
                    CHECK(result->labels[row] == 1);
                    CHECK(result->soft_mask[row] >= 254);
                    CHECK(result->confidence[row] >= 254);
                    CHECK(result->labels[row + size_t(width) - 1] == 0);
                    CHECK(result->soft_mask[row + size_t(width) - 1] <= 1);
                }
            }
        }
    }
}

TEST_CASE("segmenter: a network of open size works in multiples")
{
    ModelDescription description = probabilities();
    description.placement.multiple_of = 8;
    description.placement.fit = PictureFit::letterbox;
    Result<Segmenter> segmenter = Segmenter::create(devices()[0].device, red_network({1, 3, -1, -1}), description);
    REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
    const HalfRed picture(20, 13);
    const Result<Segmentation> result = segmenter->segment(picture.view);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    // Nothing is resized, so the mask is the red channel to the pixel.
    for (size_t i = 0; i < result->labels.size(); ++i)
        CHECK(int(result->labels[i]) == (i % 20 < 10 ? 1 : 0));
}

TEST_CASE("segmenter: a picture that is too large for a network of open size comes with advice")
{
    const auto advice = [](int64_t longest_side)
    {
        ModelDescription description = probabilities();
        description.placement.longest_side = longest_side;
        Result<Segmenter> segmenter = Segmenter::create(devices()[0].device, red_network({1, 3, -1, -1}), description,
                                                        {.max_memory_bytes = size_t(1) << 20});
        REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
        const Status status = segmenter->prepare(3000, 2000, 3);
        CHECK(status.code() == StatusCode::out_of_memory);
        return status.message();
    };
    CHECK(advice(0).find("use a smaller one, or set input.longest_side in") != std::string::npos);
    CHECK(advice(2500).find("use a smaller one, or lower input.longest_side, now 2500, in") != std::string::npos);
}

TEST_CASE("segmenter: labels of integers without a channel axis are read")
{
    Graph graph = red_network({1, 3, 8, 8});
    const ValueId flipped = graph.add_node("flipped", Unary{.kind = UnaryKind::neg}, {graph.outputs[0]});
    const ValueId both = graph.add_node("both", Concat{.axis = 1}, {flipped, graph.outputs[0]});
    ArgReduce argmax;
    argmax.axis = 1;
    argmax.keep_dims = false;
    graph.outputs = {graph.add_node("labels", argmax, {both})};
    graph.values[graph.outputs[0]].type = DType::i64;
    graph.values[graph.outputs[0]].shape = {1, 8, 8};
    graph.values[graph.outputs[0]].has_shape = true;
    ModelDescription description;
    description.source = MaskSource::labels;
    Result<Segmenter> segmenter = Segmenter::create(devices()[0].device, std::move(graph), description);
    REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
    const HalfRed picture(8, 8);
    const Result<Segmentation> result = segmenter->segment(picture.view);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    for (size_t i = 0; i < result->labels.size(); ++i)
        CHECK(int(result->labels[i]) == (i % 8 < 4 ? 1 : 0));
}

TEST_CASE("segmenter: a CRF brings masks to the edges of the picture")
{
    // The network sees a blurred picture only.
    const auto channels = [](std::vector<float> rows, int64_t outputs)
    {
        Graph graph = red_network({1, 3, 48, 48});
        Pool blur{.kind = PoolKind::average, .window = {.kernel = {13, 13}, .pads = {6, 6, 6, 6}}};
        const ValueId blurred = graph.add_node("blurred", blur, {graph.inputs[0]});
        const ValueId w = graph.add_constant("rows", Tensor::from({outputs, 3, 1, 1}, std::move(rows)));
        graph.outputs = {graph.add_node("logits", Conv{}, {blurred, w})};
        return graph;
    };
    struct Case
    {
        std::vector<float> rows;
        int64_t outputs;
        MaskSource source;
    };
    const Case cases[] = {{{2, -2, 0}, 1, MaskSource::logits},
                          {{-1, 1, 0, 1, -1, 0}, 2, MaskSource::logits},
                          {{1, 0, 0}, 1, MaskSource::probabilities},
                          {{0, 1, 0, 1, 0, 0}, 2, MaskSource::probabilities}};
    const HalfRed picture(42, 48); // the edge lies at 21 of 42 pixels and 24 of 48 of the tensor
    size_t turn = 0;
    for (const Precision precision : {Precision::f32, Precision::f16})
    {
        for (const Case& each : cases)
        {
            for (const TestDevice& device : devices_of_turn(turn++))
            {
                INFO(device.name, ", ", each.outputs, " channels, source ", int(each.source));
                ModelDescription description;
                description.source = each.source;
                description.crf = DenseCrf{.iterations = 5};
                SessionOptions options;
                options.precision = precision;
                Result<Segmenter> segmenter =
                    Segmenter::create(device.device, channels(each.rows, each.outputs), description, options);
                REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
                const Result<Segmentation> result = segmenter->segment(picture.view);
                REQUIRE_MESSAGE(result.is_ok(), result.status().message());
                for (size_t i = 0; i < result->labels.size(); ++i)
                {
                    const size_t x = i % 42;
                    CHECK(int(result->labels[i]) == (x < 21 ? 1 : 0));
                    if (x < 19 || x > 22) // sure of it right beside the edge, where the network is not
                        CHECK(result->confidence[i] > 240);
                }
            }
        }
    }
}

TEST_CASE("segmenter: a CRF takes networks of open sizes and shapes, and no labels")
{
    Graph graph = red_network({1, 3, -1, -1});
    REQUIRE(!graph.values[graph.outputs[0]].has_shape);
    ModelDescription description = probabilities();
    description.placement.multiple_of = 8;
    description.crf.emplace();
    Result<Segmenter> segmenter = Segmenter::create(devices()[0].device, std::move(graph), description);
    REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
    for (const int width : {24, 40})
    {
        const HalfRed picture(width, 16);
        const Result<Segmentation> result = segmenter->segment(picture.view);
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        for (size_t i = 0; i < result->labels.size(); ++i)
            CHECK(int(result->labels[i]) == (int(i) % width < width / 2 ? 1 : 0));
    }
    description.source = MaskSource::labels;
    CHECK(refusal_of(red_network({1, 3, 8, 8}), description) ==
          "model description: a CRF refines logits or probabilities, not labels");
}

TEST_CASE("segmenter: a description that does not fit the network is refused")
{
    ModelDescription description = probabilities();
    description.input = "z";
    CHECK(refusal_of(red_network({1, 3, 8, 8}), description) ==
          "model description: the network has no input 'z'; it has 'x'");
    description = probabilities();
    description.output = "z";
    CHECK(refusal_of(red_network({1, 3, 8, 8}), description) ==
          "model description: the network has no output 'z'; it has 'y'");
    description = probabilities();
    description.placement.size = {4, 8};
    CHECK(refusal_of(red_network({1, 3, 8, 8}), description) ==
          "model description: input 'x' 1x3x8x8 does not take pictures of 4x8 (height x width)");
    description = probabilities();
    description.order = ChannelOrder::grey;
    CHECK(refusal_of(red_network({1, 3, 8, 8}), description) ==
          "model description: input 'x' 1x3x8x8 does not take 1 channel");
    CHECK(refusal_of(red_network({2, 3, 8, 8}), probabilities()) ==
          "model description: input 'x' 2x3x8x8 does not take a picture: expected 1xCxHxW, 1xHxWxC, CxHxW or HxWxC");
    description = probabilities();
    description.deviation = {1, 0, 1};
    CHECK(refusal_of(red_network({1, 3, 8, 8}), description) ==
          "model description: deviation and pixel_maximum must not be 0");
}

namespace {

/// The channels of the picture in another order of axes or another type, and what comes of them.
struct Output
{
    std::string name;
    Graph graph;
};

/// Scores: red, green, blue.
Graph colour_network(Shape shape, std::vector<float> rows = {1, 0, 0, 0, 1, 0, 0, 0, 1})
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, shape);
    const int64_t outputs = int64_t(rows.size()) / 3;
    const ValueId w = graph.add_constant("w", Tensor::from({outputs, 3, 1, 1}, std::move(rows)));
    graph.outputs = {graph.add_node("y", Conv{}, {x, w})};
    return graph;
}

void append(Graph& graph, const std::string& name, Op op, std::vector<ValueId> more = {})
{
    std::vector<ValueId> inputs = {graph.outputs[0]};
    inputs.insert(inputs.end(), more.begin(), more.end());
    graph.outputs = {graph.add_node(name, std::move(op), inputs)};
}

Reshape squeeze(Integers axes)
{
    Reshape op;
    op.kind = ReshapeKind::squeeze;
    op.axes = std::move(axes);
    return op;
}

ArgReduce argmax(bool keep_dims)
{
    ArgReduce op;
    op.axis = 1;
    op.keep_dims = keep_dims;
    return op;
}

/// The same classes in every form that exporters leave them in.
std::vector<Output> forms_of_classes()
{
    std::vector<Output> forms;
    const auto add = [&](const char* name, Shape input = {1, 3, 24, 40}) -> Graph&
    {
        forms.push_back({name, colour_network(input)});
        return forms.back().graph;
    };
    add("1xCxHxW");
    append(add("1xHxWxC"), "last", Transpose{{0, 2, 3, 1}});
    append(add("CxHxW"), "squeezed", squeeze({0}));
    Graph& hwc = add("HxWxC");
    append(hwc, "last", Transpose{{0, 2, 3, 1}});
    append(hwc, "squeezed", squeeze({0}));
    append(add("softmax"), "probabilities", Softmax{.axis = 1});
    append(add("labels 1x1xHxW"), "labels", argmax(true));
    append(add("labels 1xHxW"), "labels", argmax(false));
    Graph& last = add("labels 1xHxWx1");
    append(last, "labels", argmax(true));
    append(last, "last", Transpose{{0, 2, 3, 1}});
    Graph& plane = add("labels HxW");
    append(plane, "labels", argmax(false));
    append(plane, "plane", squeeze({0}));
    Graph& floats = add("labels as floats");
    append(floats, "labels", argmax(true));
    append(floats, "floats", Cast{});
    Graph taking_last;
    const ValueId x = taking_last.add_input("x", DType::f32, {1, 24, 40, 3});
    const ValueId first = taking_last.add_node("first", Transpose{{0, 3, 1, 2}}, {x});
    taking_last.outputs = {taking_last.add_node("y", Unary{.kind = UnaryKind::identity}, {first})};
    forms.push_back({"an input of 1xHxWxC", std::move(taking_last)});
    return forms;
}

struct Stripes
{
    std::vector<uint8_t> pixels;
    ImageView view;
    Stripes()
    {
        for (int i = 0; i < 24 * 40; ++i)
        {
            for (int channel = 0; channel < 3; ++channel)
                pixels.push_back(channel == i % 40 * 3 / 40 ? 255 : 0);
        }
        view = {pixels.data(), 40, 24, 3, 0};
    }
};

std::string failure_of(const Device& device, Graph graph, const ModelDescription& description,
                       Precision precision = Precision::f32)
{
    SessionOptions options;
    options.precision = precision;
    Result<Segmenter> segmenter = Segmenter::create(device, std::move(graph), description, options);
    if (!segmenter.is_ok())
        return segmenter.status().message();
    return segmenter->segment(Stripes().view).status().message();
}

} // namespace

TEST_CASE("segmenter: scores and labels are read in every form that exporters leave them in")
{
    const Stripes picture;
    ModelDescription description;
    description.classes = {"red", "green", "blue"};
    for (const TestDevice& device : devices())
    {
        for (const Output& form : forms_of_classes())
        {
            INFO(device.name, ", ", form.name);
            Result<Segmenter> segmenter = Segmenter::create(device.device, form.graph, description);
            REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
            const Result<Segmentation> result = segmenter->segment(picture.view);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            size_t wrong = 0;
            for (size_t i = 0; i < result->labels.size(); ++i)
                wrong += result->labels[i] == i % 40 * 3 / 40 ? 0 : 1;
            CHECK(wrong == 0);
        }
    }
}

TEST_CASE("segmenter: values that are no scores are refused on every device")
{
    const auto with = [](const char* name, BinaryKind kind, std::vector<float> values)
    {
        Graph graph = colour_network({1, 3, 24, 40});
        const ValueId constant = graph.add_constant("c", Tensor::from({1, 3, 1, 1}, std::move(values)));
        append(graph, name, Binary{.kind = kind}, {constant});
        return graph;
    };
    const auto infinity = std::numeric_limits<float>::infinity();
    const auto nan = std::numeric_limits<float>::quiet_NaN();
    ModelDescription logits;
    ModelDescription labels;
    labels.source = MaskSource::labels;
    const auto foreground = [](float value)
    {
        Graph graph = colour_network({1, 3, 24, 40}, {1, 0, 0});
        append(graph, "z", Binary{.kind = BinaryKind::add}, {graph.add_constant("c", Tensor::from({1}, {value}))});
        return graph;
    };
    const auto integers = [](int64_t value)
    {
        Graph graph = colour_network({1, 3, 24, 40});
        append(graph, "labels", argmax(true));
        append(graph, "z", Binary{.kind = BinaryKind::add},
               {graph.add_constant("c", Tensor::from_integers({1}, {value}))});
        return graph;
    };
    const std::string at_all = "output 'z': at 960 of the picture's 960 pixels the network's ";
    for (const TestDevice& device : devices())
    {
        INFO(device.name);
        CHECK(failure_of(device.device, with("z", BinaryKind::add, {0, nan, 0}), logits) ==
              at_all + "values are NaN or infinite");
        CHECK(failure_of(device.device, with("z", BinaryKind::add, {0, nan, 0}), logits, Precision::f16) ==
              at_all + "values are NaN or infinite; use precision f32, which holds larger ones");
        CHECK(failure_of(device.device, with("z", BinaryKind::add, {0, nan, 0}), probabilities()) ==
              at_all + "values are NaN or infinite");
        CHECK(failure_of(device.device, with("z", BinaryKind::add, {0, infinity, 0}), logits) ==
              at_all + "values are NaN or infinite");
        CHECK(failure_of(device.device, with("z", BinaryKind::add, {-infinity, -infinity, -infinity}), logits) ==
              at_all + "values are NaN or infinite");
        CHECK(failure_of(device.device, with("z", BinaryKind::add, {0, -infinity, -infinity}), logits).empty());
        CHECK(failure_of(device.device, foreground(nan), logits) == at_all + "values are NaN or infinite");
        CHECK(failure_of(device.device, foreground(-infinity), logits).empty());
        CHECK(failure_of(device.device, foreground(2), probabilities()) ==
              at_all + "values are not probabilities from 0 to 1; if they are scores, set output.values to \"logits\"");
        CHECK(failure_of(device.device, with("z", BinaryKind::add, {0, -5, 0}), probabilities()) ==
              at_all + "values are not probabilities from 0 to 1; if they are scores, set output.values to \"logits\"");
        const std::string no_labels = at_all + "labels are not whole numbers from 0 to 255; if they are scores, set "
                                               "output.values to \"logits\" or \"probabilities\"";
        CHECK(failure_of(device.device, integers(-3), logits) == no_labels);
        CHECK(failure_of(device.device, integers(254), logits) ==
              "output 'z': at 312 of the picture's 960 pixels " + no_labels.substr(at_all.find("the network")));
        CHECK(failure_of(device.device, integers(253), logits).empty());
        CHECK(failure_of(device.device, foreground(0.5f), labels) == no_labels);
        CHECK(failure_of(device.device, foreground(nan), labels) == at_all + "values are NaN or infinite");
        ModelDescription refined = logits;
        refined.crf = DenseCrf{.iterations = 1};
        CHECK(failure_of(device.device, foreground(nan), refined) == at_all + "values are NaN or infinite");
        ModelDescription two;
        two.classes = {"a", "b"};
        CHECK(failure_of(device.device, integers(0), two) ==
              "output 'z': the network gives label 2, but 'classes' names 2");
    }
}

TEST_CASE("segmenter: counts, axes and names that the graph contradicts are refused")
{
    const std::string who = "model description: ";
    ModelDescription description;
    CHECK(refusal_of(colour_network({1, 3, -1, 64}), description) ==
          who + "input 'x' 1x3x?x64 fixes the width of pictures only: set both in input.size");
    description.placement.size = {32, 64};
    CHECK(refusal_of(colour_network({1, 3, -1, 64}), description).empty());
    description.placement.size = {32, 40};
    CHECK(refusal_of(colour_network({1, 3, -1, 64}), description) ==
          who + "input 'x' 1x3x?x64 does not take pictures of 32x40 (height x width)");
    description.placement.size = {32};
    CHECK(refusal_of(colour_network({1, 3, 32, 64}), description) ==
          who + "input.size must be a height and a width, got 1 numbers");
    description = {};
    description.placement.multiple_of = 24;
    CHECK(refusal_of(colour_network({1, 3, 32, 64}), description) ==
          who + "input 'x' 1x3x32x64 takes pictures of 32x64 (height x width), which input.multiple_of 24 contradicts");
    description = {};
    description.classes = {"a", "b"};
    CHECK(refusal_of(colour_network({1, 3, 32, 64}), description) ==
          who + "output 'y' 1x3x32x64: 'classes' names 2, but 3 channels distinguish 3 classes");
    description = {};
    description.colours = {{1, 2, 3}};
    CHECK(refusal_of(colour_network({1, 3, 32, 64}), description) ==
          who + "'colours' has 1 colours, but there are 3 classes");
    description = {};
    description.soft_class = 3;
    CHECK(refusal_of(colour_network({1, 3, 32, 64}), description) == who + "output.soft_class must be -1 to 2, got 3");
    description = {};
    description.threshold = 0.25f;
    CHECK(refusal_of(colour_network({1, 3, 32, 64}), description) ==
          who + "output.threshold is for scores of one channel, but the output has 3 channels");
    description = {};
    description.source = MaskSource::logits;
    Graph labels = colour_network({1, 3, 32, 64});
    append(labels, "labels", argmax(true));
    CHECK(refusal_of(labels, description) ==
          who + "output 'labels' holds labels (i64), not logits: set output.values to \"labels\"");
    Graph softmax = colour_network({1, 3, 32, 64});
    append(softmax, "p", Softmax{.axis = 1});
    CHECK(refusal_of(softmax, description) ==
          who + "output 'p' is computed by an operator that gives values from 0 to 1, not logits: set "
                "output.values to \"probabilities\"");
    for (const Unary& bounded : {Unary{UnaryKind::hard_sigmoid, 0.2f, 0.5f}, Unary{UnaryKind::clip, 0, 1}})
    {
        Graph hard = colour_network({1, 3, 32, 64});
        append(hard, "p", bounded);
        CHECK(refusal_of(hard, description).find("'p' is computed by an operator that gives values from 0 to 1") !=
              std::string::npos);
        CHECK(refusal_of(hard, {}).empty());
    }
    Graph wide = colour_network({1, 3, 32, 64});
    append(wide, "p", Unary{UnaryKind::clip, 0, 6});
    CHECK(refusal_of(wide, description).empty());
    Graph two = colour_network({1, 3, 32, 64});
    two.outputs.push_back(two.add_node("aux", Unary{.kind = UnaryKind::neg}, {two.outputs[0]}));
    CHECK(refusal_of(two, {}) ==
          who + "the network has 2 outputs ('y', 'aux'): set output.name to the one that gives the map of classes");
    description = {};
    description.output = "aux";
    CHECK(refusal_of(two, description).empty());
}

TEST_CASE("segmenter: views that are no pictures are refused")
{
    Result<Segmenter> segmenter = Segmenter::create(devices()[0].device, red_network({1, 3, 8, 8}), probabilities());
    REQUIRE(segmenter.is_ok());
    const uint8_t pixel[12] = {};
    CHECK(segmenter->segment({nullptr, 1, 1, 3, 0}).status().message() == "picture: its pixels are null");
    CHECK(segmenter->segment({pixel, 0, 1, 3, 0}).status().message() ==
          "picture: expected a width and height of 1 to 65536, got 0x1");
    CHECK(segmenter->segment({pixel, 1, 1, 2, 0}).status().message() == "picture: expected 1, 3 or 4 channels, got 2");
    CHECK(segmenter->segment({pixel, 2, 1, 3, 5}).status().message() ==
          "picture: a row of 6 bytes does not fit a row stride of 5");
    CHECK(segmenter->segment({pixel, 1, 1, 3, 0}).is_ok());
}

} // namespace vkseg::test::segmenter_test
