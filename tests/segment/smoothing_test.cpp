#include "support/devices.hpp"
#include "vkseg/segment.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace vkseg::test::smoothing_test {
namespace {

/// Scores are the red and green of pictures, 0 to 1, of which the first `channels` are taken.
Graph colours_network(int64_t channels, const Shape& shape)
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, shape);
    graph.outputs = {graph.add_node("y", Slice{.starts = {0}, .ends = {channels}, .axes = {1}}, {x})};
    return graph;
}

ModelDescription description_with(float smoothing, MaskSource source)
{
    ModelDescription description;
    description.output_layout = TensorLayout::nchw;
    description.source = source;
    description.smoothing = smoothing;
    return description;
}

Segmenter segmenter_of(const Device& device, const Graph& graph, const ModelDescription& description,
                       Precision precision = Precision::f32)
{
    Result<Segmenter> segmenter = Segmenter::create(device, graph, description, {.precision = precision});
    REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
    return *std::move(segmenter);
}

std::vector<uint8_t> pixels_of(uint8_t red, int count)
{
    std::vector<uint8_t> pixels;
    for (int i = 0; i < count; ++i)
        pixels.insert(pixels.end(), {red, 90, 200});
    return pixels;
}

/// The first pixel of the soft mask.
int soft_of(Segmenter& segmenter, const std::vector<uint8_t>& pixels, int width, int height)
{
    const Result<Segmentation> result = segmenter.segment({pixels.data(), width, height, 3});
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return result->soft_mask[0];
}

Status creation_of(const ModelDescription& description)
{
    return Segmenter::create(devices()[0].device, colours_network(1, {1, 3, 8, 8}), description).status();
}

} // namespace

TEST_CASE("smoothing: equal pictures have the masks that they have without it")
{
    std::vector<uint8_t> pixels;
    for (int i = 0; i < 20 * 12; ++i)
        pixels.insert(pixels.end(), {uint8_t(i), uint8_t(255 - i), uint8_t(i * 7)});
    const ImageView picture = {pixels.data(), 20, 12, 3};
    for (const TestDevice& device : devices())
    {
        for (const int64_t channels : {1, 2})
        {
            for (const Precision precision : {Precision::f32, Precision::f16})
            {
                CAPTURE(device.name);
                const Graph graph = colours_network(channels, {1, 3, 12, 20});
                const MaskSource source = MaskSource::probabilities;
                Segmenter plain = segmenter_of(device.device, graph, description_with(0, source), precision);
                Segmenter smooth = segmenter_of(device.device, graph, description_with(0.75f, source), precision);
                const Result<Segmentation> expected = plain.segment(picture);
                REQUIRE(expected.is_ok());
                for (int i = 0; i < 5; ++i)
                {
                    const Result<Segmentation> result = smooth.segment(picture);
                    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
                    CHECK(result->labels == expected->labels);
                    CHECK(result->soft_mask == expected->soft_mask);
                    CHECK(result->confidence == expected->confidence);
                }
            }
        }
    }
}

TEST_CASE("smoothing: a step decays as the formula says, restarts when asked, and with pictures of another size")
{
    constexpr float a = 0.8f;
    const std::vector<uint8_t> dark = pixels_of(51, 8 * 8);
    const std::vector<uint8_t> bright = pixels_of(255, 8 * 8);
    for (const TestDevice& device : devices())
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            CAPTURE(device.name);
            Segmenter segmenter = segmenter_of(device.device, colours_network(1, {1, 3, -1, -1}),
                                               description_with(a, MaskSource::probabilities), precision);
            double sum = 0;
            double weights = 0;
            for (int i = 0; i < 40; ++i)
            {
                const bool is_bright = i >= 3;
                sum = a * sum + (1 - a) * (is_bright ? 1 : 0.2);
                weights = a * weights + (1 - a);
                const int soft = soft_of(segmenter, is_bright ? bright : dark, 8, 8);
                CHECK(std::abs(soft - sum / weights * 255) <= 0.75); // half a level, and rounding of 0.2 in f16
            }
            CHECK(soft_of(segmenter, dark, 8, 8) > 200);
            segmenter.reset_state();
            CHECK(soft_of(segmenter, dark, 8, 8) == 51);
            CHECK(soft_of(segmenter, bright, 16, 4) == 255);
            CHECK(soft_of(segmenter, dark, 8, 8) == 51);
        }
    }
}

TEST_CASE("smoothing: logits become probabilities first, of one channel or several")
{
    const TestDevice& device = devices()[0];
    const std::vector<uint8_t> pixels = pixels_of(51, 8 * 8);
    const double red = 0.2;
    const double green = 90 / 255.0;
    Segmenter one =
        segmenter_of(device.device, colours_network(1, {1, 3, 8, 8}), description_with(0.5f, MaskSource::logits));
    CHECK(soft_of(one, pixels, 8, 8) == std::lround(255 / (1 + std::exp(-red))));
    Segmenter two =
        segmenter_of(device.device, colours_network(2, {1, 3, 8, 8}), description_with(0.5f, MaskSource::logits));
    CHECK(soft_of(two, pixels, 8, 8) == std::lround(255 / (1 + std::exp(red - green))));
}

TEST_CASE("smoothing: values that are no probabilities are seen before they are averaged, and do not stay")
{
    const TestDevice& device = devices()[0];
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 8, 8});
    const ValueId red = graph.add_node("red", Slice{.starts = {0}, .ends = {1}, .axes = {1}}, {x});
    const ValueId limit = graph.add_constant("limit", Tensor::from({1}, {0.9f}));
    const ValueId rest = graph.add_node("rest", Binary{.kind = BinaryKind::sub}, {limit, red});
    graph.outputs = {graph.add_node("y", Unary{.kind = UnaryKind::sqrt}, {rest})}; // NaN for bright pictures
    Segmenter segmenter = segmenter_of(device.device, graph, description_with(0.5f, MaskSource::probabilities));
    const std::vector<uint8_t> dark = pixels_of(51, 8 * 8);
    const std::vector<uint8_t> bright = pixels_of(255, 8 * 8);
    const int good = soft_of(segmenter, dark, 8, 8);
    CHECK(soft_of(segmenter, dark, 8, 8) == good);
    CHECK(segmenter.segment({bright.data(), 8, 8, 3}).status().code() == StatusCode::invalid_model);
    CHECK(soft_of(segmenter, dark, 8, 8) == good);

    // Twice the red is beyond 1, but the average of it and of darker pictures is not.
    Graph doubled = colours_network(1, {1, 3, 8, 8});
    const ValueId two = doubled.add_constant("two", Tensor::from({1}, {2}));
    doubled.outputs = {doubled.add_node("z", Binary{.kind = BinaryKind::mul}, {doubled.outputs[0], two})};
    Segmenter beyond = segmenter_of(device.device, doubled, description_with(0.9f, MaskSource::probabilities));
    CHECK(soft_of(beyond, dark, 8, 8) == 102);
    const std::vector<uint8_t> middle = pixels_of(170, 8 * 8);
    CHECK(beyond.segment({middle.data(), 8, 8, 3}).status().code() == StatusCode::invalid_model);
}

TEST_CASE("smoothing: a CRF refines the average")
{
    const TestDevice& device = devices()[0];
    ModelDescription description = description_with(0.5f, MaskSource::probabilities);
    description.crf.emplace();
    Segmenter segmenter = segmenter_of(device.device, colours_network(1, {1, 3, 8, 8}), description);
    const std::vector<uint8_t> dark = pixels_of(20, 8 * 8);
    const std::vector<uint8_t> bright = pixels_of(235, 8 * 8);
    CHECK(soft_of(segmenter, dark, 8, 8) < 20);    // the CRF makes pixels of one colour surer
    CHECK(soft_of(segmenter, bright, 8, 8) > 235); // 0.64 on average
}

TEST_CASE("smoothing: is refused for labels, instances and factors that do not decay")
{
    const auto message_of = [](const ModelDescription& description)
    {
        const Status status = creation_of(description);
        CHECK(status.code() == StatusCode::invalid_model);
        return status.message();
    };
    CHECK(message_of(description_with(0.5f, MaskSource::labels)).find("not labels") != std::string::npos);
    for (const float smoothing : {1.0f, -0.1f, NAN})
        CHECK(message_of(description_with(smoothing, MaskSource::logits)).find("below 1") != std::string::npos);
    ModelDescription instances = description_with(0.5f, MaskSource::logits);
    instances.kind = OutputKind::instances;
    CHECK(message_of(instances).find("finds instances") != std::string::npos);
    const Result<ModelDescription> read = parse_description(R"({"output": {"smoothing": 0.6}})", "x");
    REQUIRE(read.is_ok());
    CHECK(read->smoothing == 0.6f);
    CHECK_FALSE(parse_description(R"({"output": {"smoothing": 1}})", "x").is_ok());
    CHECK_FALSE(parse_description(R"({"output": {"kind": "instances", "smoothing": 0.5}})", "x").is_ok());
}

} // namespace vkseg::test::smoothing_test
