#include "support/devices.hpp"
#include "vkseg/segment.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace vkseg::test {
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
    for (const TestDevice& device : devices())
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            for (const Case& each : cases)
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
          "model description: input 'x' 1x3x8x8 does not take 1 channels");
    CHECK(refusal_of(red_network({2, 3, 8, 8}), probabilities()) ==
          "model description: input 'x' 2x3x8x8 does not take a picture: expected 1xCxHxW");
    description = probabilities();
    description.deviation = {1, 0, 1};
    CHECK(refusal_of(red_network({1, 3, 8, 8}), description) ==
          "model description: deviation and pixel_maximum must not be 0");
}

TEST_CASE("segmenter: views that are no pictures are refused")
{
    Result<Segmenter> segmenter = Segmenter::create(devices()[0].device, red_network({1, 3, 8, 8}), probabilities());
    REQUIRE(segmenter.is_ok());
    const uint8_t pixel[12] = {};
    CHECK(segmenter->segment({nullptr, 1, 1, 3, 0}).status().message() == "picture: its pixels are null");
    CHECK(segmenter->segment({pixel, 0, 1, 3, 0}).status().message() ==
          "picture: expected a width and height of 1 and more, got 0x1");
    CHECK(segmenter->segment({pixel, 1, 1, 2, 0}).status().message() == "picture: expected 1, 3 or 4 channels, got 2");
    CHECK(segmenter->segment({pixel, 2, 1, 3, 5}).status().message() ==
          "picture: a row of 6 bytes does not fit a row stride of 5");
    CHECK(segmenter->segment({pixel, 1, 1, 3, 0}).is_ok());
}

} // namespace vkseg::test
