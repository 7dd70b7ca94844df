#include "base/try.hpp"
#include "vkseg/model.hpp"
#include "vkseg/segment.hpp"

#include <algorithm>
#include <cstring>

namespace vkseg {
namespace {

constexpr const char* picture_name = "vkseg.picture";
constexpr const char* tensor_name = "vkseg.picture_to_tensor";
constexpr const char* mask_name = "vkseg.tensor_to_mask";
constexpr const char* crf_name = "vkseg.crf"; // and all names that begin so

Status wrong(const std::string& message)
{
    return Status(StatusCode::invalid_model, "model description: " + message);
}

Result<ValueId> find_input(const Graph& graph, const ModelDescription& description)
{
    std::string names;
    for (const ValueId id : graph.inputs)
    {
        const Value& value = graph.values[id];
        if (value.name == description.input || (description.input.empty() && graph.inputs.size() == 1))
            return id;
        names += (names.empty() ? "'" : ", '") + value.name + "'";
    }
    if (description.input.empty())
        return wrong("the network has " + std::to_string(graph.inputs.size()) + " inputs (" + names +
                     "): input.name must say which takes the picture");
    return wrong("the network has no input '" + description.input + "'; it has " + names);
}

Result<ValueId> find_output(const Graph& graph, const ModelDescription& description)
{
    std::string names;
    for (const ValueId id : graph.outputs)
    {
        const Value& value = graph.values[id];
        if (value.name == description.output || description.output.empty())
            return id;
        names += (names.empty() ? "'" : ", '") + value.name + "'";
    }
    return wrong("the network has no output '" + description.output + "'; it has " + (names.empty() ? "none" : names));
}

/// The size that the graph fixes goes into the placement, and one that contradicts it is refused.
Status place_in(const Value& input, int64_t channels, PicturePlacement& placement)
{
    const Shape& shape = input.shape;
    const std::string who = "input '" + input.name + "' " + to_string(shape);
    if (!is_float(input.type))
        return wrong(who + " takes " + name(input.type) + ", not floats");
    if (!input.has_shape)
        return {};
    if (shape.rank() != 4 || (shape[0] != 1 && shape[0] != -1))
        return wrong(who + " does not take a picture: expected 1xCxHxW");
    if (shape[1] != channels && shape[1] != -1)
        return wrong(who + " does not take " + std::to_string(channels) + " channels");
    const bool is_fixed = shape[2] > 0 && shape[3] > 0;
    if (placement.size.empty() && is_fixed)
        placement.size = {shape[2], shape[3]};
    if (!placement.size.empty() &&
        ((shape[2] > 0 && shape[2] != placement.size[0]) || (shape[3] > 0 && shape[3] != placement.size[1])))
        return wrong(who + " does not take pictures of " + std::to_string(placement.size[0]) + "x" +
                     std::to_string(placement.size[1]) + " (height x width)");
    return {};
}

/// pixel · maximum / 255, less the mean, over the deviation: as PictureToTensor counts, whose pixels are 0 … 255.
Result<PictureToTensor> make_picture_to_tensor(const ModelDescription& description)
{
    const size_t channels = description.order == ChannelOrder::grey ? 1 : 3;
    for (const std::vector<float>* values : {&description.mean, &description.deviation, &description.fill})
    {
        if (!values->empty() && values->size() != channels)
            return wrong("expected a mean, deviation and fill for each of " + std::to_string(channels) +
                         " channels, got " + std::to_string(values->size()));
    }
    if (std::count(description.deviation.begin(), description.deviation.end(), 0.0f) > 0 ||
        !(description.pixel_maximum > 0))
        return wrong("deviation and pixel_maximum must not be 0");
    PictureToTensor op;
    op.placement = description.placement;
    op.order = description.order;
    op.antialias = description.antialias;
    const float unit = 255 / description.pixel_maximum;
    for (size_t c = 0; c < channels; ++c)
    {
        const float deviation = description.deviation.empty() ? 1 : description.deviation[c];
        op.mean.push_back(description.mean.empty() ? 0 : description.mean[c] * unit);
        op.scale.push_back(1 / (unit * deviation));
        if (!description.fill.empty())
            op.fill.push_back(description.fill[c] * unit);
    }
    return op;
}

/// Labels come as integers and often without a channel axis: 1x1xHxW floats are what TensorToMask takes.
ValueId as_map(Graph& graph, ValueId output)
{
    const Value value = graph.values[output];
    if (!is_float(value.type))
        output = graph.add_node("vkseg.labels", Cast{}, {output});
    if (value.has_shape && value.shape.rank() == 3)
    {
        Reshape unsqueeze;
        unsqueeze.kind = ReshapeKind::unsqueeze;
        unsqueeze.axes = {1};
        output = graph.add_node("vkseg.channel", std::move(unsqueeze), {output});
    }
    return output;
}

/// How many channels the network's output has, which the graph may not say: then of some picture.
Result<int64_t> channels_of(const Graph& graph, ValueId map)
{
    const Value& value = graph.values[map];
    if (value.has_shape && value.shape.rank() == 4 && value.shape[1] > 0)
        return value.shape[1];
    Graph measured = graph;
    measured.outputs = {map};
    const NamedShape picture = {picture_name, {256, 256, 3}};
    VKSEG_ASSIGN(const Graph known, specialize(measured, {&picture, 1}, /* fuse= */ false));
    const Shape& shape = known.values[known.outputs[0]].shape;
    if (shape.rank() != 4)
        return wrong("a CRF refines an output of shape 1xCxHxW, got " + to_string(shape));
    return shape[1];
}

/// Logits or log probabilities of two labels and more. Probabilities end at 1e-5, as in pydensecrf.
ValueId as_unary(Graph& graph, ValueId map, MaskSource source, bool is_foreground)
{
    const auto scalar = [&](const char* name, float value)
    { return graph.add_constant(std::string(crf_name) + name, Tensor::from({1}, {value})); };
    const auto node = [&](const char* name, Op op, std::vector<ValueId> inputs)
    { return graph.add_node(std::string(crf_name) + name, std::move(op), std::move(inputs)); };
    if (source == MaskSource::logits)
    {
        if (!is_foreground)
            return map;
        const ValueId half = node(".half", Binary{.kind = BinaryKind::mul}, {map, scalar(".one_half", 0.5f)});
        return node(".labels", Concat{.axis = 1}, {node(".negative", Unary{.kind = UnaryKind::neg}, {half}), half});
    }
    if (is_foreground)
    {
        const ValueId rest = node(".background", Binary{.kind = BinaryKind::sub}, {scalar(".one", 1), map});
        map = node(".labels", Concat{.axis = 1}, {rest, map});
    }
    const ValueId clipped = node(".clip", Unary{.kind = UnaryKind::clip, .a = 1e-5f, .b = 1}, {map});
    return node(".log", Unary{.kind = UnaryKind::log}, {clipped});
}

/// Probabilities at the size of the network's input.
Result<ValueId> refine(Graph& graph, ValueId map, ValueId picture, const ModelDescription& description)
{
    if (description.source == MaskSource::labels)
        return wrong("a CRF refines logits or probabilities, not labels");
    VKSEG_ASSIGN(const int64_t channels, channels_of(graph, map));
    const std::string name = crf_name;
    PictureToTensor to_tensor;
    to_tensor.placement = description.placement;
    to_tensor.antialias = description.antialias;
    const ValueId colours = graph.add_node(name + ".picture", std::move(to_tensor), {picture});
    const ValueId sizes = graph.add_node(name + ".size", ShapeOf{.start = 2}, {colours});
    graph.values[sizes].type = DType::i64;
    const ValueId resized = graph.add_node(name + ".resize", Resize{.mode = ResizeMode::linear, .axes = {2, 3}},
                                           {map, no_value, no_value, sizes});
    const bool is_foreground = channels == 1;
    const ValueId unary = as_unary(graph, resized, description.source, is_foreground);
    DenseCrf crf = *description.crf;
    crf.gives_logits = false;
    const ValueId refined = graph.add_node(name, crf, {unary, colours});
    if (!is_foreground)
        return refined;
    return graph.add_node(name + ".foreground", Slice{.starts = {1}, .ends = {2}, .axes = {1}}, {refined});
}

/// picture → PictureToTensor → network → [DenseCrf →] TensorToMask → masks.
Result<Graph> extend(Graph graph, ModelDescription& description)
{
    VKSEG_TRY(validate(graph));
    VKSEG_ASSIGN(const ValueId input, find_input(graph, description));
    VKSEG_ASSIGN(const ValueId output, find_output(graph, description));
    if (graph.inputs.size() != 1)
        return wrong("the network takes more than a picture: " + std::to_string(graph.inputs.size()) + " inputs");
    VKSEG_TRY(place_in(graph.values[input], description.order == ChannelOrder::grey ? 1 : 3, description.placement));
    VKSEG_ASSIGN(PictureToTensor to_tensor, make_picture_to_tensor(description));
    if (!(description.threshold >= 0 && description.threshold <= 1))
        return wrong("threshold must be 0 to 1, got " + std::to_string(description.threshold));

    graph.inputs.clear();
    const ValueId picture = graph.add_input(picture_name, DType::u8, {-1, -1, -1});
    Node node;
    node.name = tensor_name;
    node.op = std::move(to_tensor);
    node.inputs = {picture};
    node.outputs = {input};
    graph.nodes.insert(graph.nodes.begin(), std::move(node));

    TensorToMask to_mask;
    to_mask.placement = description.placement;
    to_mask.source = description.source;
    to_mask.threshold = description.threshold;
    to_mask.soft_class = description.soft_class;
    ValueId map = as_map(graph, output);
    if (description.crf)
    {
        VKSEG_ASSIGN(map, refine(graph, map, picture, description));
        to_mask.source = MaskSource::probabilities;
    }
    const ValueId labels = graph.add_node(mask_name, std::move(to_mask), {map, picture}, 3);
    graph.outputs = {labels, labels + 1, labels + 2};
    return graph;
}

Status check(const ImageView& picture)
{
    const auto refuse = [](const std::string& message)
    { return Status(StatusCode::invalid_argument, "picture: " + message); };
    if (picture.pixels == nullptr)
        return refuse("its pixels are null");
    if (picture.width < 1 || picture.height < 1)
        return refuse("expected a width and height of 1 and more, got " + std::to_string(picture.width) + "x" +
                      std::to_string(picture.height));
    if (picture.channels != 1 && picture.channels != 3 && picture.channels != 4)
        return refuse("expected 1, 3 or 4 channels, got " + std::to_string(picture.channels));
    const size_t row_bytes = size_t(picture.width) * size_t(picture.channels);
    if (picture.row_stride_bytes != 0 && picture.row_stride_bytes < row_bytes)
        return refuse("a row of " + std::to_string(row_bytes) + " bytes does not fit a row stride of " +
                      std::to_string(picture.row_stride_bytes));
    return {};
}

Tensor as_tensor(const ImageView& picture)
{
    const Shape shape = {picture.height, picture.width, picture.channels};
    const size_t row_bytes = size_t(picture.width) * size_t(picture.channels);
    const auto* const pixels = reinterpret_cast<const std::byte*>(picture.pixels);
    if (picture.row_stride_bytes == 0 || picture.row_stride_bytes == row_bytes)
        return Tensor(DType::u8, shape, {pixels, row_bytes * size_t(picture.height)}, nullptr);
    std::vector<std::byte> packed(row_bytes * size_t(picture.height));
    for (size_t y = 0; y < size_t(picture.height); ++y)
        std::memcpy(packed.data() + y * row_bytes, pixels + y * picture.row_stride_bytes, row_bytes);
    return Tensor::from_bytes(DType::u8, shape, std::move(packed));
}

std::vector<uint8_t> bytes_of(const Tensor& tensor)
{
    const auto* const first = reinterpret_cast<const uint8_t*>(tensor.bytes().data());
    return {first, first + tensor.bytes().size()};
}

StageTimes stages_of(const RunResult& result)
{
    StageTimes times;
    times.plan_ms = result.plan_ms;
    times.total_ms = result.total_ms;
    times.device_ms = result.device_ms;
    for (const NodeTime& node : result.nodes)
    {
        double& stage = node.node == tensor_name          ? times.prepare_ms
                        : node.node == mask_name          ? times.mask_ms
                        : node.node.starts_with(crf_name) ? times.refine_ms
                                                          : times.network_ms;
        stage += node.time_ms;
    }
    return times;
}

} // namespace

Result<Segmenter> Segmenter::create(const Device& device, Graph graph, ModelDescription description,
                                    const SessionOptions& options)
{
    VKSEG_ASSIGN(Graph extended, extend(std::move(graph), description));
    VKSEG_ASSIGN(Session session, Session::create(device, std::move(extended), options));
    return Segmenter(std::move(session), std::move(description));
}

Result<Segmenter> Segmenter::load(const Device& device, const std::filesystem::path& model,
                                  const SessionOptions& options)
{
    VKSEG_ASSIGN(Graph graph, load_model(model));
    VKSEG_ASSIGN(ModelDescription description, find_description(model, graph));
    return create(device, std::move(graph), std::move(description), options);
}

Status Segmenter::prepare(int width, int height, int channels)
{
    const NamedShape shape = {picture_name, {height, width, channels}};
    return session_.prepare({&shape, 1});
}

Result<Segmentation> Segmenter::segment(const ImageView& picture)
{
    VKSEG_TRY(check(picture));
    const NamedTensor input = {picture_name, as_tensor(picture)};
    VKSEG_ASSIGN(const RunResult result, session_.run({&input, 1}));
    Segmentation segmentation;
    segmentation.width = picture.width;
    segmentation.height = picture.height;
    segmentation.labels = bytes_of(result.outputs[0].tensor);
    segmentation.confidence = bytes_of(result.outputs[1].tensor);
    segmentation.soft_mask = bytes_of(result.outputs[2].tensor);
    segmentation.times = stages_of(result);
    return segmentation;
}

std::string Segmenter::class_name(size_t label) const
{
    return label < description_.classes.size() ? description_.classes[label] : "class " + std::to_string(label);
}

Colour Segmenter::colour(size_t label) const
{
    return label < description_.colours.size() ? description_.colours[label] : default_colour(label);
}

} // namespace vkseg
