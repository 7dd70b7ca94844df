#include "segment/extend.hpp"

#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"
#include "segment/axes.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

Status wrong_description(const std::string& message)
{
    return Status(StatusCode::invalid_model, "model description: " + message);
}

int64_t channels_of(const ModelDescription& description)
{
    return description.order == ChannelOrder::grey ? 1 : 3;
}

std::string quoted_names(const Graph& graph, const std::vector<ValueId>& ids)
{
    std::string names;
    for (const ValueId id : ids)
        names += (names.empty() ? "'" : ", '") + graph.values[id].name + "'";
    return names.empty() ? "none" : names;
}

/// Finds the input or output that the description names; without a name, the only one.
Result<ValueId> find_end(const Graph& graph, const std::vector<ValueId>& ids, const std::string& what,
                         const std::string& wanted)
{
    for (const ValueId id : ids)
    {
        if (graph.values[id].name == wanted || (wanted.empty() && ids.size() == 1))
            return id;
    }
    const std::string names = quoted_names(graph, ids);
    if (wanted.empty() && !ids.empty())
        return wrong_description("the network has " + std::to_string(ids.size()) + " " + what + "s (" + names +
                                 "): set " + what + ".name to the one that " +
                                 (what == "input" ? "takes the picture" : "gives the map of classes"));
    return wrong_description("the network has no " + what + " '" + wanted + "'; it has " + names);
}

std::string size_text(int64_t height, int64_t width)
{
    return std::to_string(height) + "x" + std::to_string(width) + " (height x width)";
}

/// Checks that the keys for networks of any size do not contradict the fixed size of the network.
Status check_open_keys(const std::string& who, const PicturePlacement& placement)
{
    const auto [height, width] = std::pair(placement.size[0], placement.size[1]);
    if (placement.multiple_of > 0 && (height % placement.multiple_of != 0 || width % placement.multiple_of != 0))
        return wrong_description(who + " takes pictures of " + size_text(height, width) + ", which input.multiple_of " +
                                 std::to_string(placement.multiple_of) + " contradicts");
    if (placement.longest_side > 0 && std::max(height, width) > placement.longest_side)
        return wrong_description(who + " takes pictures of " + size_text(height, width) +
                                 ", which input.longest_side " + std::to_string(placement.longest_side) +
                                 " contradicts");
    return {};
}

/// Copies the size that the graph fixes into the placement; refuses a placement of another size.
Status place_in(const Value& input, TensorLayout layout, PicturePlacement& placement)
{
    const Shape& shape = input.shape;
    const std::string who = "input '" + input.name + "' " + to_string(shape);
    if (!is_float(input.type))
        return wrong_description(who + " takes " + name(input.type) + ", not floats");
    if (!placement.size.empty() && placement.size.size() != 2)
        return wrong_description("input.size must be a height and a width, got " +
                                 std::to_string(placement.size.size()) + " numbers");
    if (!input.has_shape)
        return {};
    const size_t first = layout == TensorLayout::nchw ? 2 : 1;
    const auto [height, width] = std::pair(shape[first], shape[first + 1]);
    if (placement.size.empty() && height > 0 && width > 0)
    {
        placement.size = {height, width};
        return check_open_keys(who, placement);
    }
    if (placement.size.empty() && (height > 0 || width > 0))
        return wrong_description(who + " fixes the " + (height > 0 ? "height" : "width") +
                                 " of pictures only: set both in input.size");
    if (!placement.size.empty() &&
        ((height > 0 && height != placement.size[0]) || (width > 0 && width != placement.size[1])))
        return wrong_description(who + " does not take pictures of " + size_text(placement.size[0], placement.size[1]));
    return {};
}

/// Converts (pixel · maximum / 255 − mean) / deviation to the units of PictureToTensor, whose pixels are 0 … 255.
Result<PictureToTensor> make_picture_to_tensor(const ModelDescription& description)
{
    const auto channels = size_t(channels_of(description));
    const auto is_finite = [](float value) { return std::isfinite(value); };
    for (const std::vector<float>* values : {&description.mean, &description.deviation, &description.fill})
    {
        if (!std::all_of(values->begin(), values->end(), is_finite))
            return wrong_description("mean, deviation and fill must be finite");
        if (!values->empty() && values->size() != channels)
            return wrong_description("expected a mean, deviation and fill for each of " + std::to_string(channels) +
                                     " channels, got " + std::to_string(values->size()));
    }
    if (std::count(description.deviation.begin(), description.deviation.end(), 0.0f) > 0 ||
        !(description.pixel_maximum > 0))
        return wrong_description("deviation and pixel_maximum must not be 0");
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

/// Replaces the network's input by the picture.
ValueId prepend(Graph& graph, ValueId input, TensorLayout layout, PictureToTensor to_tensor)
{
    graph.inputs.clear();
    const ValueId picture = graph.add_input(picture_name, DType::u8, {-1, -1, -1});
    std::vector<Node> nodes = {{.name = tensor_name, .op = std::move(to_tensor), .inputs = {picture}, .outputs = {}}};
    if (layout == TensorLayout::nhwc)
    {
        const std::string name = std::string(tensor_name) + ".nhwc";
        const ValueId tensor = graph.add_value({.name = name});
        nodes.front().outputs = {tensor};
        nodes.push_back({.name = name, .op = Transpose{{0, 2, 3, 1}}, .inputs = {tensor}, .outputs = {}});
    }
    nodes.back().outputs = {input};
    graph.nodes.insert(graph.nodes.begin(), nodes.begin(), nodes.end());
    return picture;
}

/// True for operators whose results have the same meaning as their first input.
bool keeps_meaning(const Op& op)
{
    const auto* const unary = std::get_if<Unary>(&op);
    return std::holds_alternative<Cast>(op) || std::holds_alternative<Reshape>(op) ||
           std::holds_alternative<Transpose>(op) || std::holds_alternative<Resize>(op) ||
           std::holds_alternative<Slice>(op) || (unary != nullptr && unary->kind == UnaryKind::identity);
}

/// True for operators whose results lie between 0 and 1 for all inputs.
bool gives_probabilities(const Op& op)
{
    if (const auto* const softmax = std::get_if<Softmax>(&op))
        return !softmax->is_log;
    const auto* const unary = std::get_if<Unary>(&op);
    if (unary == nullptr)
        return false;
    return unary->kind == UnaryKind::sigmoid || unary->kind == UnaryKind::hard_sigmoid ||
           (unary->kind == UnaryKind::clip && unary->a >= 0 && unary->b <= 1);
}

/// Meaning of an output's values, if it is evident from the operator that computes them. Takes a graph from
/// specialize().
std::optional<MaskSource> evident_source(const Graph& graph, ValueId output)
{
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node)
    {
        if (std::find(node->outputs.begin(), node->outputs.end(), output) == node->outputs.end())
            continue;
        if (keeps_meaning(node->op))
        {
            output = node->inputs.front();
            continue;
        }
        if (gives_probabilities(node->op))
            return MaskSource::probabilities;
        if (std::holds_alternative<ArgReduce>(node->op))
            return MaskSource::labels;
        return std::nullopt;
    }
    return std::nullopt;
}

/// The network's output for a sample picture, and the size of the input for that picture.
struct Probe
{
    Value output;
    std::optional<MaskSource> evident; ///< meaning of the output's values, if evident from the operator
    int64_t input_height = 0;
    int64_t input_width = 0;
};

Result<Probe> probe(const Graph& graph, ValueId output, const ModelDescription& description)
{
    const Shape picture = {192, 256, 3}; // accepted by networks of any size; height and width differ
    VKSEG_ASSIGN(const PlacedPicture placed, place_picture(description.placement, picture));
    Graph network = graph;
    network.outputs = {output};
    const NamedShape shape = {picture_name, picture};
    const Result<Graph> known = specialize(network, {&shape, 1}, /* fuse= */ false);
    if (!known.is_ok())
        return known.status().with_context("the network does not accept an input of " +
                                           size_text(placed.tensor_height, placed.tensor_width) +
                                           ", which follows from input.size, input.multiple_of and input.layout");
    return Probe{.output = known->values[known->outputs[0]],
                 .evident = evident_source(*known, known->outputs[0]),
                 .input_height = placed.tensor_height,
                 .input_width = placed.tensor_width};
}

/// Meaning of the output's values: from the description, otherwise from type and operator, otherwise logits.
Result<MaskSource> source_of(const Probe& known, const std::optional<MaskSource>& described)
{
    const Value& value = known.output;
    const std::string who = "output '" + value.name + "'";
    const std::optional<MaskSource> evident = is_float(value.type) ? known.evident : MaskSource::labels;
    if (described != MaskSource::logits)
        return described ? *described : evident.value_or(MaskSource::logits);
    if (evident == MaskSource::labels)
        return wrong_description(who + " holds labels (" + name(value.type) +
                                 "), not logits: set output.values to \"labels\"");
    if (evident == MaskSource::probabilities)
        return wrong_description(who + " is computed by an operator that gives values from 0 to 1, not logits: set "
                                       "output.values to \"probabilities\"");
    return MaskSource::logits;
}

/// Checks the description's classes, colours, soft class and threshold against the number of labels, if that is known.
Status check_counts(const ModelDescription& description, int64_t channels)
{
    const bool is_labels = description.source == MaskSource::labels;
    const size_t names = description.classes.size();
    const size_t labels = is_labels ? names : size_t(std::max<int64_t>(2, channels));
    if (labels != 0 && !description.colours.empty() && description.colours.size() != labels)
        return wrong_description("'colours' has " + std::to_string(description.colours.size()) +
                                 " colours, but there are " + std::to_string(labels) + " classes");
    const int64_t last = labels != 0 ? int64_t(labels) - 1 : 255;
    if (description.soft_class < -1 || description.soft_class > last)
        return wrong_description("output.soft_class must be -1 to " + std::to_string(last) + ", got " +
                                 std::to_string(description.soft_class));
    if (!(description.threshold >= 0 && description.threshold <= 1))
        return wrong_description("output.threshold must be 0 to 1, got " + std::to_string(description.threshold));
    if (description.threshold != ModelDescription().threshold && (is_labels || channels > 1))
        return wrong_description("output.threshold is for scores of one channel, but the output has " +
                                 (is_labels ? "labels" : std::to_string(channels) + " channels"));
    return {};
}

/// Converts the output to floats of shape 1xCxHxW for TensorToMask.
ValueId as_map(Graph& graph, ValueId output, const Value& known, TensorLayout layout)
{
    const std::string name = mask_name;
    if (!is_float(known.type))
        output = graph.add_node(name + ".floats", Cast{}, {output});
    if (known.shape.rank() < 4)
    {
        Reshape unsqueeze;
        unsqueeze.kind = ReshapeKind::unsqueeze;
        unsqueeze.axes = known.shape.rank() == 3 ? Integers{0} : Integers{0, 1};
        output = graph.add_node(name + ".axes", std::move(unsqueeze), {output});
    }
    if (layout == TensorLayout::nhwc)
        output = graph.add_node(name + ".nchw", Transpose{{0, 3, 1, 2}}, {output});
    return output;
}

/// Computes logits or log probabilities of two or more labels. Probabilities are clipped at 1e-5, as in pydensecrf.
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

/// Computes probabilities refined by the CRF, at the size of the network's input.
Result<ValueId> refine(Graph& graph, ValueId map, int64_t channels, ValueId picture,
                       const ModelDescription& description)
{
    if (description.source == MaskSource::labels)
        return wrong_description("a CRF refines logits or probabilities, not labels");
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
    const ValueId unary = as_unary(graph, resized, *description.source, is_foreground);
    DenseCrf crf = *description.crf;
    crf.gives_logits = false;
    const ValueId refined = graph.add_node(name, crf, {unary, colours});
    if (!is_foreground)
        return refined;
    return graph.add_node(name + ".foreground", Slice{.starts = {1}, .ends = {2}, .axes = {1}}, {refined});
}

/// Puts the picture in place of the network's input. Returns the picture.
Result<ValueId> take_picture(Graph& graph, ModelDescription& description)
{
    VKSEG_ASSIGN(const ValueId input, find_end(graph, graph.inputs, "input", description.input));
    if (graph.inputs.size() != 1)
        return wrong_description("expected a network with a picture as its only input, got " +
                                 std::to_string(graph.inputs.size()) + " inputs");
    description.input = graph.values[input].name;
    const Result<TensorLayout> layout =
        input_layout(graph.values[input], channels_of(description), description.input_layout);
    if (!layout.is_ok())
        return layout.status().with_context("model description");
    description.input_layout = *layout;
    VKSEG_TRY(place_in(graph.values[input], *layout, description.placement));
    VKSEG_ASSIGN(PictureToTensor to_tensor, make_picture_to_tensor(description));
    return prepend(graph, input, *layout, std::move(to_tensor));
}

/// The output that the description names for instances.
Result<ValueId> find_instance_output(const Graph& graph, const char* key, const std::string& wanted)
{
    for (const ValueId id : graph.outputs)
    {
        if (graph.values[id].name == wanted)
            return id;
    }
    return wrong_description("the network has no output '" + wanted + "' for output." + key + "; it has " +
                             quoted_names(graph, graph.outputs));
}

/// Computes whether all scores are numbers that the network's first selection of boxes reads: selections drop boxes
/// whose scores are NaN, so that a network that fails would just find nothing.
ValueId check_scores(Graph& graph, ValueId scores)
{
    for (const Node& node : graph.nodes)
    {
        if (std::holds_alternative<BatchedNms>(node.op) || std::holds_alternative<NonMaxSuppression>(node.op))
        {
            scores = node.inputs[1];
            break;
        }
    }
    const std::string name = fault_name;
    const ValueId equals = graph.add_node(name + ".each", Binary{.kind = BinaryKind::equal}, {scores, scores});
    const ValueId numbers = graph.add_node(name + ".as_integers", Cast{.to = DType::i32}, {equals});
    const ValueId least =
        graph.add_node(name + ".least", Reduce{.kind = ReduceKind::min, .keep_dims = false}, {numbers});
    return graph.add_node(name, Reshape{.shape = {1}}, {least});
}

/// Instances that a network gives, in pixels of its input.
struct Found
{
    ValueId boxes = no_value;
    ValueId labels = no_value;
    ValueId scores = no_value;
    ValueId masks = no_value; ///< none: boxes only
};

/// Checks that boxes, labels and scores are those of the same instances, of which the device finds the same number.
Status check_found(const Graph& graph, const Found& found, const ModelDescription& description)
{
    Graph network = graph;
    network.outputs = {found.boxes, found.labels, found.scores};
    const NamedShape picture = {picture_name, {192, 256, 3}};
    const Result<Graph> known = specialize(network, {&picture, 1}, /* fuse= */ false);
    if (!known.is_ok())
        return known.status().with_context("the network does not accept the description's input");
    const Value& boxes = known->values[known->outputs[0]];
    const Value& labels = known->values[known->outputs[1]];
    const Value& scores = known->values[known->outputs[2]];
    const auto told = [](const Value& value)
    { return "'" + value.name + "' " + std::string(name(value.type)) + " " + to_string(value.shape); };
    const bool fits = is_float(boxes.type) && boxes.shape.rank() == 2 && boxes.shape[1] == 4 &&
                      !is_float(labels.type) && labels.shape == Shape{boxes.shape[0]} && is_float(scores.type) &&
                      scores.shape == Shape{boxes.shape[0]};
    if (!fits)
        return wrong_description("expected boxes of shape Rx4, integer labels of shape R and scores of shape R, got " +
                                 told(boxes) + ", " + told(labels) + " and " + told(scores));
    if (boxes.valid != labels.valid || boxes.valid != scores.valid)
        return wrong_description("outputs '" + boxes.name + "', '" + labels.name + "' and '" + scores.name +
                                 "' may hold different numbers of instances when the network runs");
    if (!description.classes.empty() && !description.colours.empty() &&
        description.colours.size() != description.classes.size())
        return wrong_description("'colours' has " + std::to_string(description.colours.size()) +
                                 " colours, but there are " + std::to_string(description.classes.size()) + " classes");
    return {};
}

/// Adds the steps from a network's instances to those of the picture.
Result<Graph> show_instances(Graph graph, const ModelDescription& description, const Found& found, ValueId picture)
{
    if (!(description.threshold >= 0 && description.threshold <= 1))
        return wrong_description("output.threshold must be 0 to 1, got " + std::to_string(description.threshold));
    VKSEG_TRY(check_found(graph, found, description));
    const auto [boxes, labels, scores, masks] = found;
    const ValueId are_numbers = check_scores(graph, scores);
    const ValueId moved =
        graph.add_node(boxes_name, BoxesToPicture{.placement = description.placement}, {boxes, picture});
    if (masks == no_value)
    {
        graph.outputs = {moved, labels, scores, are_numbers};
        return graph;
    }
    VKSEG_ASSIGN(const Probe known, probe(graph, boxes, description));
    constexpr int64_t max_ids = 255;
    const bool has_ids = known.output.shape.rank() == 2 && known.output.shape[0] <= max_ids;
    const std::string size_name = std::string(paste_name) + ".size";
    const ValueId size = graph.add_node(size_name, ShapeOf{.start = 0, .end = 2}, {picture});
    graph.values[size].type = DType::i64;
    PasteMasks paste = {.threshold = description.threshold};
    if (description.kind == OutputKind::yolo_seg) // masks of logits, which cover the input
    {
        paste.threshold = std::log(description.threshold / (1 - description.threshold));
        paste.placement = description.placement;
    }
    const ValueId bits = graph.add_node(paste_name, paste, {masks, moved, labels, size}, has_ids ? 2 : 1);
    graph.outputs = {moved, labels, scores, are_numbers, bits};
    if (has_ids)
        graph.outputs.push_back(bits + 1);
    return graph;
}

Result<Graph> extend_for_instances(Graph graph, ModelDescription& description)
{
    const InstanceOutputs& names = description.instances;
    VKSEG_ASSIGN(const ValueId boxes, find_instance_output(graph, "boxes", names.boxes));
    VKSEG_ASSIGN(const ValueId labels, find_instance_output(graph, "labels", names.labels));
    VKSEG_ASSIGN(const ValueId scores, find_instance_output(graph, "scores", names.scores));
    ValueId masks = no_value;
    for (const ValueId id : graph.outputs)
        masks = graph.values[id].name == names.masks ? id : masks;
    if (masks == no_value && !names.masks.empty() && names.masks != InstanceOutputs().masks)
        VKSEG_TRY(find_instance_output(graph, "masks", names.masks).status());
    if (description.crf)
        return wrong_description("a CRF refines maps of classes, not instances");
    VKSEG_ASSIGN(const ValueId picture, take_picture(graph, description));
    return show_instances(std::move(graph), description, {boxes, labels, scores, masks}, picture);
}

/// Decodes the candidates of a YOLO network and selects among them (class by class, as its own tools do).
Result<Graph> extend_for_yolo(Graph graph, ModelDescription& description)
{
    const YoloOutputs& yolo = description.yolo;
    VKSEG_ASSIGN(const ValueId candidates, find_instance_output(graph, "candidates", yolo.candidates));
    VKSEG_ASSIGN(const ValueId prototypes, find_instance_output(graph, "prototypes", yolo.prototypes));
    if (description.crf)
        return wrong_description("a CRF refines maps of classes, not instances");
    VKSEG_ASSIGN(const ValueId picture, take_picture(graph, description));
    VKSEG_ASSIGN(const Probe known_candidates, probe(graph, candidates, description));
    VKSEG_ASSIGN(const Probe known_prototypes, probe(graph, prototypes, description));
    const Shape& shape = known_candidates.output.shape;
    const Shape& maps = known_prototypes.output.shape;
    const bool fits = shape.rank() == 3 && shape[0] == 1 && maps.rank() == 4 && maps[0] == 1 && shape[1] > 4 + maps[1];
    if (!fits)
        return wrong_description("expected output.candidates of shape 1x(4 + classes + K)xN and output.prototypes of "
                                 "shape 1xKxHxW, got '" +
                                 yolo.candidates + "' " + to_string(shape) + " and '" + yolo.prototypes + "' " +
                                 to_string(maps));
    const int64_t first_coefficient = shape[1] - maps[1];
    const auto classes = size_t(first_coefficient - 4);
    if (!description.classes.empty() && description.classes.size() != classes)
        return wrong_description("'classes' names " + std::to_string(description.classes.size()) +
                                 ", but the network has " + std::to_string(classes));

    const std::string name = decode_name;
    const auto node = [&](const char* part, Op op, std::vector<ValueId> inputs)
    { return graph.add_node(name + part, std::move(op), std::move(inputs)); };
    const auto columns = [&](const char* part, ValueId from, int64_t begin, int64_t end)
    { return node(part, Slice{.starts = {begin}, .ends = {end}, .axes = {1}}, {from}); };
    const ValueId turned = node(".turned", Transpose{{0, 2, 1}}, {candidates});
    const ValueId rows = node(".rows", Reshape{.shape = {-1, shape[1]}}, {turned});
    const ValueId half = graph.add_constant(name + ".half", Tensor::from({1}, {0.5f}));
    const ValueId centres = columns(".centres", rows, 0, 2);
    const ValueId sizes = node(".half_sizes", Binary{.kind = BinaryKind::mul}, {columns(".sizes", rows, 2, 4), half});
    const ValueId boxes = node(".boxes", Concat{.axis = 1},
                               {node(".low_corners", Binary{.kind = BinaryKind::sub}, {centres, sizes}),
                                node(".high_corners", Binary{.kind = BinaryKind::add}, {centres, sizes})});
    const ValueId probabilities = columns(".probabilities", rows, 4, first_coefficient);
    const ValueId scores =
        node(".scores", Reduce{.kind = ReduceKind::max, .axes = {1}, .keep_dims = false}, {probabilities});
    const ValueId labels = node(".labels", ArgReduce{.axis = 1, .keep_dims = false}, {probabilities});
    const ValueId kept = node(
        ".kept", BatchedNms{.iou_threshold = yolo.iou, .score_threshold = yolo.min_score, .max_outputs = yolo.most},
        {boxes, scores, labels});
    const auto selected = [&](const char* part, ValueId from) { return node(part, Gather{}, {from, kept}); };
    const ValueId coefficients =
        selected(".coefficients", columns(".all_coefficients", rows, first_coefficient, shape[1]));
    const ValueId planes = node(".planes", Reshape{.shape = {maps[1], -1}}, {prototypes});
    const ValueId logits = node(".logits", MatMul{}, {coefficients, planes});
    const ValueId masks = node(".masks", Reshape{.shape = {-1, 1, maps[2], maps[3]}}, {logits});
    const Found found = {.boxes = selected(".kept_boxes", boxes),
                         .labels = selected(".kept_labels", labels),
                         .scores = selected(".kept_scores", scores),
                         .masks = masks};
    return show_instances(std::move(graph), description, found, picture);
}

} // namespace

Result<Graph> extend(Graph graph, ModelDescription& description)
{
    VKSEG_TRY(validate(graph));
    if (description.kind == OutputKind::instances)
        return extend_for_instances(std::move(graph), description);
    if (description.kind == OutputKind::yolo_seg)
        return extend_for_yolo(std::move(graph), description);
    VKSEG_ASSIGN(const ValueId output, find_end(graph, graph.outputs, "output", description.output));
    description.output = graph.values[output].name;
    VKSEG_ASSIGN(const ValueId picture, take_picture(graph, description));

    VKSEG_ASSIGN(const Probe known, probe(graph, output, description));
    VKSEG_ASSIGN(description.source, source_of(known, description.source));
    const Result<MapAxes> axes =
        map_axes({.who = "output '" + description.output + "' " + to_string(known.output.shape),
                  .shape = known.output.shape,
                  .input_height = known.input_height,
                  .input_width = known.input_width,
                  .is_labels = description.source == MaskSource::labels,
                  .classes = description.classes.size(),
                  .described = description.output_layout});
    if (!axes.is_ok())
        return axes.status().with_context("model description");
    description.output_layout = axes->layout;
    VKSEG_TRY(check_counts(description, axes->channels));

    TensorToMask to_mask;
    to_mask.placement = description.placement;
    to_mask.source = *description.source;
    to_mask.threshold = description.threshold;
    to_mask.soft_class = description.soft_class;
    const ValueId map = as_map(graph, output, known.output, axes->layout);
    if (!description.crf)
    {
        const ValueId labels = graph.add_node(mask_name, std::move(to_mask), {map, picture}, 3);
        graph.outputs = {labels, labels + 1, labels + 2};
        return graph;
    }
    VKSEG_ASSIGN(const ValueId refined, refine(graph, map, axes->channels, picture, description));
    const ValueId unrefined = graph.add_node(std::string(mask_name) + ".unrefined", to_mask, {map, picture}, 2);
    to_mask.source = MaskSource::probabilities;
    const ValueId labels = graph.add_node(mask_name, std::move(to_mask), {refined, picture}, 3);
    graph.outputs = {labels, labels + 1, labels + 2, unrefined, unrefined + 1};
    return graph;
}

} // namespace vkseg
