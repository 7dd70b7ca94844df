#include "segment/extend.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/model.hpp"
#include "vkseg/segment.hpp"
#include "vkseg/weights.hpp"
#include "vkseg/zoo.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

// A whole Mask R-CNN, from the picture to the masks.
namespace vkseg::test::mask_rcnn_test {
namespace {

constexpr const char* shapes_model = VKSEG_SAMPLES "/models/shapes-instances.safetensors";
constexpr const char* narrow_model = VKSEG_ZOO_DATA "/mask-rcnn-resnet50-fpn.safetensors";

template <class T>
T take(Result<T> result)
{
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return *std::move(result);
}

/// A picture of shapes, and what PyTorch finds in it.
struct Pair
{
    Tensor pixels;                   ///< u8 [height,width,3]
    std::vector<Instance> instances; ///< in falling order of scores

    int height() const { return int(pixels.shape()[0]); }
    int width() const { return int(pixels.shape()[1]); }
    ImageView view() const
    {
        return {
            .pixels = reinterpret_cast<const uint8_t*>(pixels.bytes().data()), .width = width(), .height = height()};
    }
};

Pair read_pair(const std::string& name)
{
    const WeightFile file =
        take(read_safetensors(std::string(VKSEG_SAMPLES "/data/shapes/") + name + ".pair.safetensors"));
    const auto tensor = [&](const char* key)
    {
        const auto named = std::ranges::find(file.tensors, key, &NamedTensor::name);
        REQUIRE(named != file.tensors.end());
        return named->tensor;
    };
    const Tensor planes = tensor("input");
    const int64_t height = planes.shape()[2];
    const int64_t width = planes.shape()[3];
    const auto pixels = size_t(height * width);
    std::vector<std::byte> interleaved(pixels * 3);
    for (size_t i = 0; i < pixels * 3; ++i)
        interleaved[i] = planes.bytes()[i % 3 * pixels + i / 3];
    Pair pair = {.pixels = Tensor::from_bytes(DType::u8, {height, width, 3}, std::move(interleaved)), .instances = {}};
    const std::vector<float> boxes = tensor("boxes").to_floats();
    const std::vector<int64_t> labels = tensor("labels").to_integers();
    const std::vector<float> scores = tensor("scores").to_floats();
    const std::vector<int64_t> pasted = tensor("pasted").to_integers();
    for (size_t i = 0; i < labels.size(); ++i)
    {
        Instance instance = {.label = labels[i], .score = scores[i], .mask = {}};
        std::copy_n(boxes.begin() + ptrdiff_t(4 * i), 4, instance.box.begin());
        std::vector<uint8_t> mask(pixels);
        for (size_t pixel = 0; pixel < pixels; ++pixel)
            mask[pixel] = pasted[(i * pixels + pixel) / 8] >> (7 - pixel % 8) & 1;
        instance.mask = take(encode_mask(mask, height, width));
        pair.instances.push_back(std::move(instance));
    }
    return pair;
}

double box_iou(const std::array<float, 4>& a, const std::array<float, 4>& b)
{
    const auto area = [](float width, float height) { return std::max(width, 0.0f) * std::max(height, 0.0f); };
    const float shared = area(std::min(a[2], b[2]) - std::max(a[0], b[0]), std::min(a[3], b[3]) - std::max(a[1], b[1]));
    return double(shared / (area(a[2] - a[0], a[3] - a[1]) + area(b[2] - b[0], b[3] - b[1]) - shared));
}

/// The outputs of the network and of the steps after it, byte by byte.
std::vector<std::vector<std::byte>> output_bytes(Session& session, const Tensor& picture)
{
    const NamedTensor input = {picture_name, picture};
    const RunResult result = take(session.run({&input, 1}));
    std::vector<std::vector<std::byte>> bytes;
    for (const NamedTensor& output : result.outputs)
        bytes.emplace_back(output.tensor.bytes().begin(), output.tensor.bytes().end());
    return bytes;
}

/// The narrow network, with `fault` in place of one value of a weight.
Segmenter faulty_segmenter(const TestDevice& device, Precision precision, const std::string& weight, size_t index,
                           float fault)
{
    Graph graph = take(load_model(narrow_model));
    ModelDescription description = take(find_description(narrow_model, graph));
    const auto value = std::ranges::find(graph.values, weight, &Value::name);
    REQUIRE_MESSAGE(value != graph.values.end(), weight);
    std::vector<float> values = value->constant->to_floats();
    values.at(index) = fault;
    value->constant = Tensor::from(value->constant->shape(), std::move(values));
    value->type = DType::f32;
    return take(Segmenter::create(device.device, std::move(graph), std::move(description), {.precision = precision}));
}

std::vector<uint8_t> striped_pixels(int extent)
{
    std::vector<uint8_t> pixels;
    for (int i = 0; i < extent * extent * 3; ++i)
        pixels.push_back(uint8_t(i * 7 + i / extent * 31));
    return pixels;
}

} // namespace

TEST_CASE("mask r-cnn: in f32, finds in pictures of shapes what PyTorch finds")
{
    for (const TestDevice& device : devices_of_turn(2))
    {
        Segmenter segmenter = take(Segmenter::load(device.device, shapes_model));
        for (const char* name : {"0010", "0012", "0040"})
        {
            CAPTURE(device.name);
            CAPTURE(name);
            const Pair pair = read_pair(name);
            const Detections found = take(segmenter.find_instances(pair.view()));
            REQUIRE(!pair.instances.empty());
            REQUIRE(found.instances.size() == pair.instances.size());
            for (size_t i = 0; i < pair.instances.size(); ++i)
            {
                const Instance& instance = found.instances[i];
                const Instance& expected = pair.instances[i];
                CHECK(instance.label == expected.label);
                CHECK(std::abs(instance.score - expected.score) < 1e-3f);
                for (size_t corner = 0; corner < 4; ++corner)
                    CHECK(std::abs(instance.box[corner] - expected.box[corner]) < 0.5f);
                CHECK(mask_iou(instance.mask, expected.mask) >= 0.99);
            }
            count_check(device.name);
        }
    }
}

TEST_CASE("mask r-cnn: in f16, loses no instance of a score above 0.5")
{
    const Pair pair = read_pair("0040");
    for (const TestDevice& device : devices_of_turn(1))
    {
        CAPTURE(device.name);
        Segmenter segmenter = take(Segmenter::load(device.device, shapes_model, {.precision = Precision::f16}));
        const Detections found = take(segmenter.find_instances(pair.view()));
        for (const Instance& expected : pair.instances)
        {
            const auto is_same = [&](const Instance& instance)
            { return instance.label == expected.label && box_iou(instance.box, expected.box) > 0.9; };
            if (expected.score > 0.5f)
                CHECK(std::ranges::any_of(found.instances, is_same));
        }
        count_check(device.name);
    }
}

TEST_CASE("mask r-cnn: the same picture gives the same bits in every run and every session")
{
    const Tensor pixels = read_pair("0010").pixels;
    for (const Precision precision : {Precision::f32, Precision::f16})
    {
        for (const TestDevice& device : devices_of_turn(precision == Precision::f32 ? 2 : 1))
        {
            const auto make_session = [&]
            {
                Graph network = take(load_model(shapes_model));
                const std::vector<ValueId> outputs = network.outputs;
                ModelDescription description = take(find_description(shapes_model, network));
                Graph graph = take(extend(std::move(network), description));
                for (const ValueId id : outputs)
                {
                    if (std::ranges::find(graph.outputs, id) == graph.outputs.end())
                        graph.outputs.push_back(id); // boxes of the input, and masks within them
                }
                return take(Session::create(device.device, std::move(graph), {.precision = precision}));
            };
            Session session = make_session();
            const std::vector<std::vector<std::byte>> first = output_bytes(session, pixels);
            CHECK(first.size() == 8);
            CHECK(first[0].size() >= 3 * 16); // boxes
            CHECK(output_bytes(session, pixels) == first);
            Session other = make_session();
            CHECK(output_bytes(other, pixels) == first);
            count_check(device.name);
        }
    }
}

TEST_CASE("mask r-cnn: a picture and an input of one pixel")
{
    const uint8_t pixel[] = {200, 30, 90};
    for (const TestDevice& device : devices_of_turn(0))
    {
        Segmenter segmenter = take(Segmenter::load(device.device, narrow_model));
        const Detections found =
            take(segmenter.find_instances({.pixels = pixel, .width = 1, .height = 1, .channels = 3}));
        CHECK(found.ids.size() == 1);
        for (const Instance& instance : found.instances)
        {
            CHECK(std::ranges::all_of(instance.box, [](float corner) { return corner >= 0 && corner <= 1; }));
            CHECK(mask_area(instance.mask) <= 1);
        }
        Graph of_a_pixel = take(load_network("mask-rcnn-resnet50-fpn:input=1x3x1x1", narrow_model));
        Session session = take(Session::create(device.device, std::move(of_a_pixel)));
        const NamedTensor input = {"input", Tensor::from({1, 3, 1, 1}, {1, -1, 0.5f})};
        const RunResult result = take(session.run({&input, 1}));
        const std::vector<float> corners = result.outputs[0].tensor.to_floats();
        CHECK(std::ranges::all_of(corners, [](float corner) { return corner >= 0 && corner <= 1; }));
        CHECK(result.outputs[3].tensor.shape() == Shape{int64_t(corners.size()) / 4, 1, 28, 28});
        count_check(device.name);
    }
}

TEST_CASE("mask r-cnn: NaN and infinities that arise in the network are reported, not no instances")
{
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const std::string detector = "roi_heads.box_predictor.";
    struct Case
    {
        std::string weight;
        size_t index;
        float fault;
        std::string message;
    };
    const Case cases[] = {
        {"backbone.body.conv1.weight", 0, nan, "some of the network's scores are NaN"},
        {"rpn.head.cls_logits.bias", 1, nan, "some of the network's scores are NaN"},
        {"rpn.head.bbox_pred.bias", 6, nan, "some of the network's boxes are NaN"},
        {detector + "cls_score.bias", 2, nan, "some of the network's scores are NaN"},
        {detector + "bbox_pred.bias", 9, nan, "some of the network's boxes are NaN"},
        {"roi_heads.mask_predictor.conv5_mask.bias", 0, nan, "some of the network's masks are NaN"},
        {"rpn.head.bbox_pred.bias", 0, infinity, "some of the network's boxes are NaN or infinite"},
        {detector + "bbox_pred.bias", 4, -infinity, "some of the network's boxes are NaN or infinite"},
        {detector + "cls_score.bias", 0, infinity, "some of the network's scores are NaN"},
    };
    const std::vector<uint8_t> pixels = striped_pixels(48);
    const ImageView picture = {.pixels = pixels.data(), .width = 48, .height = 48, .channels = 3};
    for (const auto& due : runs_of_turn(0)) // one device for each precision, which compiles the kernels once
    {
        const TestDevice& device = due.first; // Clang 14 cannot capture structured bindings
        const Precision precision = due.second;
        for (const Case& test : cases)
        {
            if (precision == Precision::f16 && std::isinf(test.fault))
                continue; // f16 holds it as 65504, of which Session::warnings() tells
            CAPTURE(device.name);
            CAPTURE(test.weight);
            Segmenter segmenter = faulty_segmenter(device, precision, test.weight, test.index, test.fault);
            const Result<Detections> found = segmenter.find_instances(picture);
            REQUIRE(!found.is_ok());
            CHECK(found.status().code() == StatusCode::invalid_model);
            const std::string& message = found.status().message();
            CHECK_MESSAGE(message.starts_with(test.message + ";"), message);
            const char* const advice = precision == Precision::f16 ? "use precision f32" : "--check-range";
            CHECK_MESSAGE(message.find(advice) != std::string::npos, message);
            count_check(device.name);
        }
    }
}

} // namespace vkseg::test::mask_rcnn_test
