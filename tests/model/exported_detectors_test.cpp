#include "runtime/specialize.hpp"
#include "support/due_runs.hpp"
#include "vkseg/instances.hpp"
#include "vkseg/model.hpp"
#include "vkseg/segment.hpp"
#include "vkseg/session.hpp"
#include "vkseg/weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>

// Detectors as torchvision exports them to ONNX, against what PyTorch finds (model/data/README.md).
namespace vkseg::test::exported_detectors_test {
namespace {

struct Found
{
    std::vector<float> boxes;
    std::vector<int64_t> labels;
    std::vector<float> scores;
    std::vector<float> masks;
};

Tensor tensor_of(const std::vector<NamedTensor>& tensors, const char* name)
{
    const auto named = std::ranges::find(tensors, name, &NamedTensor::name);
    REQUIRE(named != tensors.end());
    return named->tensor;
}

Found found_in(const std::vector<NamedTensor>& tensors)
{
    return {.boxes = tensor_of(tensors, "boxes").to_floats(),
            .labels = tensor_of(tensors, "labels").to_integers(),
            .scores = tensor_of(tensors, "scores").to_floats(),
            .masks = tensor_of(tensors, "masks").to_floats()};
}

std::vector<NamedTensor> read_pair(const std::string& network, int number)
{
    const Result<WeightFile> file = read_safetensors(std::string(VKSEG_MODEL_DATA "/") + network + "-" +
                                                     std::to_string(number) + ".pair.safetensors");
    REQUIRE_MESSAGE(file.is_ok(), file.status().message());
    return file->tensors;
}

float largest_difference(const std::vector<float>& a, const std::vector<float>& b)
{
    REQUIRE(a.size() == b.size());
    float largest = 0;
    for (size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::isfinite(a[i]) ? std::fabs(a[i] - b[i]) : INFINITY);
    return largest;
}

/// Pixels, row by row, of a picture f32 [3,height,width] of 0 to 1.
std::vector<uint8_t> interleaved(const Tensor& image)
{
    const std::vector<float> planes = image.to_floats();
    const size_t area = planes.size() / 3;
    std::vector<uint8_t> pixels(planes.size());
    for (size_t i = 0; i < pixels.size(); ++i)
        pixels[i] = uint8_t(std::lround(255 * planes[i % 3 * area + i / 3]));
    return pixels;
}

/// Runs the network on each of its pictures, with one session.
void check_network(const std::string& network, int pictures, const std::vector<TestDevice>& devices)
{
    const Result<Graph> graph = load_model(std::string(VKSEG_MODEL_DATA "/") + network + ".onnx");
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    for (const TestDevice& device : devices)
    {
        CAPTURE(device.name);
        Result<Session> session = Session::create(device.device, *graph);
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        for (int number = 0; number < pictures; ++number)
        {
            CAPTURE(number);
            const std::vector<NamedTensor> pair = read_pair(network, number);
            const std::vector<NamedTensor> inputs = {{"image", tensor_of(pair, "image")}};
            const Result<RunResult> result = session->run(inputs);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            const Found expected = found_in(pair);
            const Found found = found_in(result->outputs);
            CHECK(expected.labels.empty() == (number == pictures - 1));
            REQUIRE(found.labels == expected.labels);
            CHECK(largest_difference(found.boxes, expected.boxes) < 0.01f);
            CHECK(largest_difference(found.scores, expected.scores) < 1e-4f);
            CHECK(largest_difference(found.masks, expected.masks) < 1e-3f);
        }
        count_check(device.name);
    }
}

/// Finds instances in each picture of the network that has some.
void check_segmenter(const std::string& network, int pictures)
{
    for (const TestDevice& device : devices())
    {
        CAPTURE(device.name);
        Result<Graph> graph = load_model(std::string(VKSEG_MODEL_DATA "/") + network + ".onnx");
        REQUIRE(graph.is_ok());
        Result<Segmenter> segmenter =
            Segmenter::create(device.device, *std::move(graph), {.kind = OutputKind::instances});
        REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
        for (int number = 0; number < pictures; ++number)
        {
            CAPTURE(number);
            const std::vector<NamedTensor> pair = read_pair(network, number);
            const Found expected = found_in(pair);
            const Tensor image = tensor_of(pair, "image");
            const std::vector<uint8_t> pixels = interleaved(image);
            const auto height = int(image.shape()[1]);
            const auto width = int(image.shape()[2]);
            const Result<Detections> found =
                segmenter->find_instances({.pixels = pixels.data(), .width = width, .height = height});
            REQUIRE_MESSAGE(found.is_ok(), found.status().message());
            REQUIRE(found->instances.size() == expected.labels.size());
            const auto area = size_t(height * width);
            for (size_t i = 0; i < expected.labels.size(); ++i)
            {
                const Instance& instance = found->instances[i];
                CHECK(instance.label == expected.labels[i]);
                std::vector<uint8_t> mask(area);
                for (size_t k = 0; k < area; ++k)
                    mask[k] = expected.masks[i * area + k] > 0.5f;
                CHECK(mask_iou(instance.mask, *encode_mask(mask, height, width)) >= 0.99);
                for (size_t k = 0; k < 4; ++k)
                    CHECK(std::fabs(instance.box[k] - expected.boxes[4 * i + k]) < 0.01f);
            }
        }
        count_check(device.name);
    }
}

/// The node of the graph that pastes the masks.
Node& pasting_loop(Graph& graph)
{
    const auto loop =
        std::ranges::find_if(graph.nodes, [](const Node& node) { return std::holds_alternative<Loop>(node.op); });
    REQUIRE(loop != graph.nodes.end());
    return *loop;
}

/// True if the first input is the result of a Shape.
bool reads_shape(const Graph& body, const Node& node)
{
    return std::ranges::any_of(
        body.nodes, [&](const Node& other)
        { return std::holds_alternative<ShapeOf>(other.op) && other.outputs[0] == node.inputs[0]; });
}

/// True if the value is read only to give tensors an extent that others give them anyway: by Shape, what selects from
/// its result, or what joins a list of these.
bool shapes_only(const Graph& body, ValueId id)
{
    bool is_read = false;
    for (const Node& node : body.nodes)
    {
        if (std::ranges::find(node.inputs, id) == node.inputs.end())
            continue;
        is_read = true;
        const auto* fill = std::get_if<ConstantOfShape>(&node.op);
        const bool fills_with_integers = fill != nullptr && !is_float(fill->value.type());
        const bool is_shape = reads_shape(body, node) || std::holds_alternative<ShapeOf>(node.op) ||
                              std::holds_alternative<Where>(node.op) || fills_with_integers ||
                              (std::holds_alternative<Expand>(node.op) && node.inputs[1] == id) ||
                              shapes_only(body, node.outputs[0]);
        if (!is_shape)
            return false;
    }
    return is_read;
}

/// Makes the operator another one; false if it cannot differ.
bool change(Op& op)
{
    if (auto* binary = std::get_if<Binary>(&op))
        binary->kind = binary->kind == BinaryKind::add ? BinaryKind::sub : BinaryKind::add;
    else if (auto* reduce = std::get_if<Reduce>(&op))
        reduce->kind = reduce->kind == ReduceKind::max ? ReduceKind::min : ReduceKind::max;
    else if (auto* gather = std::get_if<Gather>(&op))
        gather->axis = 1;
    else if (auto* fill = std::get_if<ConstantOfShape>(&op))
        fill->value = Tensor::from({1}, {2});
    else if (auto* resize = std::get_if<Resize>(&op))
        resize->coordinates = CoordinateTransformation::align_corners;
    else
        return false;
    return true;
}

} // namespace

TEST_CASE("exported detectors: a Mask R-CNN of fixed input size finds what PyTorch finds")
{
    check_network("mask-rcnn-opset11", 2, devices_of_turn(2)); // the kernels are those of the next case
}

TEST_CASE("exported detectors: a Mask R-CNN of open input size finds what PyTorch finds")
{
    check_network("mask-rcnn-opset14", 3, devices());
}

TEST_CASE("exported detectors: a Segmenter pastes their masks into the picture, not into the network's input")
{
    check_segmenter("mask-rcnn-opset11", 1);
    check_segmenter("mask-rcnn-opset14", 2);
}

TEST_CASE("exported detectors: masks that cross the edge of a letterboxed picture are cut, not squeezed")
{
    const std::vector<NamedTensor> pair = read_pair("mask-rcnn-opset11", 0);
    const Tensor image = tensor_of(pair, "image");
    const std::vector<uint8_t> pixels = interleaved(image);
    const int64_t height = image.shape()[1];
    const int64_t width = image.shape()[2];
    const int64_t part = 48; // columns of the picture; the rest of the input is filled
    const float fill = 0.5f;
    std::vector<float> planes = image.to_floats();
    std::vector<uint8_t> part_pixels;
    for (int64_t i = 0; i < height * width; ++i)
    {
        const bool is_part = i % width < part;
        for (int64_t c = 0; c < 3; ++c)
        {
            if (is_part)
                part_pixels.push_back(pixels[size_t(i * 3 + c)]);
            else
                planes[size_t(c * height * width + i)] = fill;
        }
    }
    const Result<Graph> graph = load_model(VKSEG_MODEL_DATA "/mask-rcnn-opset11.onnx");
    REQUIRE(graph.is_ok());
    for (const TestDevice& device : devices())
    {
        CAPTURE(device.name);
        Result<Session> session = Session::create(device.device, *graph);
        REQUIRE(session.is_ok());
        const std::vector<NamedTensor> inputs = {{"image", Tensor::from(image.shape(), planes)}};
        const Result<RunResult> whole = session->run(inputs);
        REQUIRE(whole.is_ok());
        const Found expected = found_in(whole->outputs);
        Result<Segmenter> segmenter = Segmenter::create(device.device, *graph,
                                                        {.placement = {.fit = PictureFit::letterbox_top_left},
                                                         .fill = {fill, fill, fill},
                                                         .kind = OutputKind::instances});
        REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
        const Result<Detections> found =
            segmenter->find_instances({.pixels = part_pixels.data(), .width = int(part), .height = int(height)});
        REQUIRE_MESSAGE(found.is_ok(), found.status().message());
        REQUIRE(found->instances.size() == expected.labels.size());
        size_t crossing = 0;
        for (size_t i = 0; i < expected.labels.size(); ++i)
        {
            std::vector<uint8_t> mask;
            for (int64_t k = 0; k < height * width; ++k)
            {
                if (k % width < part)
                    mask.push_back(expected.masks[i * size_t(height * width) + size_t(k)] > 0.5f);
            }
            const bool is_empty_mask = std::ranges::count(mask, 1) == 0;
            crossing += expected.boxes[4 * i] < float(part) && expected.boxes[4 * i + 2] > float(part);
            if (!is_empty_mask)
                CHECK(mask_iou(found->instances[i].mask, *encode_mask(mask, height, part)) >= 0.97);
        }
        CHECK(crossing > 0);
        count_check(device.name);
    }
}

TEST_CASE("exported detectors: NaN in a network's heads is an error, not a picture without instances")
{
    for (const char* weights :
         {"rpn.head.cls_logits.weight", "rpn.head.bbox_pred.weight", "roi_heads.box_predictor.cls_score.weight",
          "roi_heads.box_predictor.bbox_pred.weight", "roi_heads.mask_predictor.mask_fcn_logits.weight"})
    {
        CAPTURE(weights);
        Result<Graph> graph = load_model(VKSEG_MODEL_DATA "/mask-rcnn-opset11.onnx");
        REQUIRE(graph.is_ok());
        const std::optional<ValueId> id = graph->find_value(weights);
        REQUIRE(id.has_value());
        Tensor& constant = *graph->values[*id].constant;
        constant = Tensor::from(constant.shape(), std::vector<float>(size_t(constant.elements()), NAN));
        for (const TestDevice& device : devices())
        {
            Result<Segmenter> segmenter = Segmenter::create(device.device, *graph, {.kind = OutputKind::instances});
            REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
            const Tensor image = tensor_of(read_pair("mask-rcnn-opset11", 0), "image");
            const std::vector<uint8_t> pixels = interleaved(image);
            const Result<Detections> found = segmenter->find_instances(
                {.pixels = pixels.data(), .width = int(image.shape()[2]), .height = int(image.shape()[1])});
            CHECK_FALSE(found.is_ok());
            CHECK_MESSAGE(found.status().message().find("NaN") != std::string::npos, found.status().message());
            count_check(device.name);
        }
    }
}

TEST_CASE("exported detectors: a Loop that pastes masks in another way is not taken for torchvision's")
{
    const Result<Graph> exported = load_model(VKSEG_MODEL_DATA "/mask-rcnn-opset11.onnx");
    REQUIRE(exported.is_ok());
    const auto is_recognised = [&](const std::function<void(Graph&)>& change)
    {
        Graph graph = *exported;
        Node& node = pasting_loop(graph);
        Loop loop = std::get<Loop>(node.op);
        Graph body = *loop.body;
        change(body);
        loop.body = std::make_shared<const Graph>(std::move(body));
        node.op = loop;
        return specialize(graph).is_ok();
    };
    CHECK(is_recognised([](Graph&) {}));
    Graph graph = *exported;
    const Graph& body = *std::get<Loop>(pasting_loop(graph).op).body;
    for (size_t i = 0; i < body.values.size(); ++i)
    {
        const std::optional<Tensor>& constant = body.values[i].constant;
        if (!constant || constant->elements() != 1 || constant->type() != DType::i64 || shapes_only(body, ValueId(i)))
            continue;
        CAPTURE(body.values[i].name);
        const Tensor other = Tensor::from_integers(constant->shape(), {constant->to_integers()[0] + 1});
        CHECK_FALSE(is_recognised([&](Graph& changed) { changed.values[i].constant = other; }));
    }
    for (size_t i = 0; i < body.nodes.size(); ++i)
    {
        Op op = body.nodes[i].op;
        if (reads_shape(body, body.nodes[i]) || shapes_only(body, body.nodes[i].outputs[0]) || !change(op))
            continue;
        CAPTURE(body.nodes[i].name);
        CHECK_FALSE(is_recognised([&](Graph& changed) { changed.nodes[i].op = op; }));
    }
}

} // namespace vkseg::test::exported_detectors_test
