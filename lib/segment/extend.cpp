#include "segment/extend.hpp"

#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"
#include "segment/axes.hpp"
#include "segment/network_ends.hpp"

#include <algorithm>

namespace vkseg {
namespace {

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
    VKSEG_ASSIGN(const Graph known, with_sample_picture(graph, {&output, 1}, description));
    VKSEG_ASSIGN(const PlacedPicture placed, place_picture(description.placement, sample_picture));
    return Probe{.output = known.values[known.outputs[0]],
                 .evident = evident_source(known, known.outputs[0]),
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

Status check_smoothing(const ModelDescription& description)
{
    if (!(description.smoothing >= 0 && description.smoothing < 1))
        return wrong_description("output.smoothing must be at least 0 and below 1, got " +
                                 std::to_string(description.smoothing));
    if (description.smoothing > 0 && description.kind != OutputKind::classes)
        return wrong_description("output.smoothing averages probabilities of classes; this network finds instances");
    if (description.smoothing > 0 && description.source == MaskSource::labels)
        return wrong_description("output.smoothing averages logits or probabilities, not labels");
    return {};
}

ValueId as_probabilities(Graph& graph, ValueId map, int64_t channels, MaskSource source)
{
    if (source == MaskSource::probabilities)
        return map;
    const std::string name = std::string(smoothing_name) + ".probabilities";
    if (channels == 1)
        return graph.add_node(name, Unary{.kind = UnaryKind::sigmoid}, {map});
    return graph.add_node(name, Softmax{.axis = 1}, {map});
}

/// An average and the sum of its weights, in units of the last.
struct Smoothed
{
    ValueId average = no_value;
    ValueId weights = no_value;
};

/// Averages probabilities over the pictures so far, each with `smoothing` times the weight of the next:
///     weights = 1 + smoothing · weights
///     average = average + (probabilities − average) / weights
/// which is the exponential average divided by the sum of its weights, and exact for equal pictures.
Smoothed smooth(Graph& graph, ValueId probabilities, int64_t channels, float smoothing)
{
    const auto name = [](const char* suffix) { return std::string(smoothing_name) + suffix; };
    const auto binary = [&](const char* suffix, BinaryKind kind, ValueId a, ValueId b) {
        return graph.add_node(name(suffix), Binary{.kind = kind}, {a, b});
    };
    const ValueId last_average = graph.add_input(name(".last_average"), DType::f32, {1, channels, -1, -1});
    const ValueId last_weights = graph.add_input(name(".last_weights"), DType::f32, {1, 1, 1, 1});
    const ValueId factor = graph.add_constant(name(".factor"), Tensor::from({1}, {smoothing}));
    const ValueId one = graph.add_constant(name(".one"), Tensor::from({1}, {1}));
    const ValueId earlier = binary(".earlier_weights", BinaryKind::mul, last_weights, factor);
    const ValueId weights = binary(".weights", BinaryKind::add, earlier, one);
    const ValueId difference = binary(".difference", BinaryKind::sub, probabilities, last_average);
    const ValueId change = binary(".change", BinaryKind::div, difference, weights);
    const ValueId average = binary(".average", BinaryKind::add, last_average, change);
    return {.average = average, .weights = weights};
}

/// Computes probabilities refined by the CRF, at the size of the network's input.
Result<ValueId> refine(Graph& graph, ValueId map, int64_t channels, ValueId picture, MaskSource source,
                       const ModelDescription& description)
{
    if (source == MaskSource::labels)
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
    const ValueId unary = as_unary(graph, resized, source, is_foreground);
    DenseCrf crf = *description.crf;
    crf.gives_logits = false;
    const ValueId refined = graph.add_node(name, crf, {unary, colours});
    if (!is_foreground)
        return refined;
    return graph.add_node(name + ".foreground", Slice{.starts = {1}, .ends = {2}, .axes = {1}}, {refined});
}

/// extend() for networks that give a class for each pixel.
Result<Graph> extend_for_classes(Graph graph, ModelDescription& description)
{
    VKSEG_ASSIGN(const ValueId output, find_map(graph, description));
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
    VKSEG_TRY(check_smoothing(description));

    TensorToMask to_mask;
    to_mask.placement = description.placement;
    to_mask.source = *description.source;
    to_mask.threshold = description.threshold;
    to_mask.soft_class = description.soft_class;
    const ValueId map = as_map(graph, output, known.output, axes->layout);
    ValueId result = map;
    std::vector<ValueId> states;
    if (description.smoothing > 0)
    {
        const ValueId probabilities = as_probabilities(graph, map, axes->channels, *description.source);
        const Smoothed smoothed = smooth(graph, probabilities, axes->channels, description.smoothing);
        result = smoothed.average;
        states = {smoothed.average, smoothed.weights};
        to_mask.source = MaskSource::probabilities;
    }
    if (description.crf)
    {
        VKSEG_ASSIGN(result, refine(graph, result, axes->channels, picture, to_mask.source, description));
        to_mask.source = MaskSource::probabilities;
    }
    const ValueId labels = graph.add_node(mask_name, to_mask, {result, picture}, 3);
    graph.outputs = {labels, labels + 1, labels + 2};
    if (result != map)
    {
        to_mask.source = *description.source;
        const ValueId raw = graph.add_node(std::string(mask_name) + ".raw", to_mask, {map, picture}, 2);
        graph.outputs.insert(graph.outputs.end(), {raw, raw + 1});
    }
    graph.outputs.insert(graph.outputs.end(), states.begin(), states.end());
    return graph;
}

Result<Graph> extend_for_kind(Graph graph, ModelDescription& description)
{
    switch (description.kind)
    {
    case OutputKind::instances:
        return extend_for_instances(std::move(graph), description);
    case OutputKind::yolo_seg:
        return extend_for_yolo(std::move(graph), description);
    case OutputKind::classes:
        break;
    }
    return extend_for_classes(std::move(graph), description);
}

} // namespace

Result<Graph> extend(Graph graph, ModelDescription& description)
{
    VKSEG_TRY(validate(graph));
    VKSEG_TRY(check_smoothing(description));
    VKSEG_ASSIGN(const std::vector<StateEnds> states, find_described_states(graph, description));
    std::vector<ValueId> state_outputs;
    for (const StateEnds& state : states)
        state_outputs.push_back(graph.outputs[state.output]);
    VKSEG_ASSIGN(Graph extended, extend_for_kind(std::move(graph), description));
    extended.outputs.insert(extended.outputs.end(), state_outputs.begin(), state_outputs.end());
    return extended;
}

std::vector<StateLink> state_links(const ModelDescription& description)
{
    std::vector<StateLink> links = description.state;
    if (description.smoothing > 0)
    {
        for (const char* const suffix : {"average", "weights"})
            links.push_back({.output = std::string(smoothing_name) + "." + suffix,
                             .input = std::string(smoothing_name) + ".last_" + suffix,
                             .is_f32 = true});
    }
    return links;
}

} // namespace vkseg
