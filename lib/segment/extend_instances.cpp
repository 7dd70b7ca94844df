#include "base/try.hpp"
#include "segment/extend.hpp"
#include "segment/network_ends.hpp"
#include "segment/unpasted_masks.hpp"

#include <array>
#include <cmath>

namespace vkseg {
namespace {

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

/// Instances that a network gives, in pixels of its input.
struct Found
{
    ValueId boxes = no_value;
    ValueId labels = no_value;
    ValueId scores = no_value;
    ValueId masks = no_value; ///< none: boxes only
};

/// Computes the largest magnitudes of the values that decide which instances there are (InstanceResults::magnitudes).
/// Selections drop boxes that are NaN or whose scores are, and masks of NaN are empty: a network that fails would just
/// find nothing.
ValueId measure_values(Graph& graph, const Found& found)
{
    std::array<std::vector<ValueId>, InstanceResults::kinds.size()> values;
    const auto of = [&](InstanceResults::Kind kind) -> std::vector<ValueId>& { return values[size_t(kind)]; };
    for (const Node& node : graph.nodes)
    {
        if (std::holds_alternative<BatchedNms>(node.op) || std::holds_alternative<NonMaxSuppression>(node.op))
        {
            of(InstanceResults::Kind::scores).push_back(node.inputs[1]);
            of(InstanceResults::Kind::boxes).push_back(node.inputs[0]);
        }
        if (std::holds_alternative<TopK>(node.op) || std::holds_alternative<Softmax>(node.op)) // comparisons drop NaN
            of(InstanceResults::Kind::scores).push_back(node.inputs[0]);
        if (std::holds_alternative<DecodeBoxes>(node.op))
            of(InstanceResults::Kind::finite_boxes).push_back(node.inputs[1]);
    }
    of(InstanceResults::Kind::scores).push_back(found.scores);
    of(InstanceResults::Kind::finite_boxes).push_back(found.boxes);
    if (found.masks != no_value)
        of(InstanceResults::Kind::masks).push_back(found.masks);

    const std::string name = magnitudes_name;
    std::vector<ValueId> magnitudes;
    for (size_t kind = 0; kind < values.size(); ++kind)
    {
        const std::string prefix = name + "." + InstanceResults::kinds[kind];
        // A kind without values has the magnitude of this 0.
        std::vector<ValueId> largest = {graph.add_constant(prefix + ".zero", Tensor::from({1}, {0}))};
        for (const ValueId id : values[kind])
        {
            const std::string part = prefix + "." + std::to_string(largest.size());
            const ValueId magnitude = graph.add_node(part + ".abs", Unary{.kind = UnaryKind::abs}, {id});
            const ValueId most =
                graph.add_node(part + ".max", Reduce{.kind = ReduceKind::max, .keep_dims = false}, {magnitude});
            largest.push_back(graph.add_node(part, Reshape{.shape = {1}}, {most}));
        }
        const ValueId all = graph.add_node(prefix + ".all", Concat{.axis = 0}, std::move(largest));
        magnitudes.push_back(graph.add_node(prefix, Reduce{.kind = ReduceKind::max}, {all}));
    }
    return graph.add_node(name, Concat{.axis = 0}, std::move(magnitudes));
}

/// Checks that boxes, labels and scores are those of the same instances, of which the device finds the same number.
/// Returns the largest number.
Result<int64_t> check_found(const Graph& graph, const Found& found, const ModelDescription& description)
{
    const ValueId outputs[] = {found.boxes, found.labels, found.scores};
    VKSEG_ASSIGN(const Graph known, with_sample_picture(graph, outputs, description));
    const Value& boxes = known.values[known.outputs[0]];
    const Value& labels = known.values[known.outputs[1]];
    const Value& scores = known.values[known.outputs[2]];
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
    return boxes.shape[0];
}

/// Adds the steps from a network's instances to those of the picture.
Result<Graph> show_instances(Graph graph, const ModelDescription& description, const Found& found, ValueId picture)
{
    if (!(description.threshold >= 0 && description.threshold <= 1))
        return wrong_description("output.threshold must be 0 to 1, got " + std::to_string(description.threshold));
    VKSEG_ASSIGN(const int64_t most, check_found(graph, found, description));
    const auto [boxes, labels, scores, masks] = found;
    const ValueId magnitudes = measure_values(graph, found);
    const ValueId moved =
        graph.add_node(boxes_name, BoxesToPicture{.placement = description.placement}, {boxes, picture});
    if (masks == no_value)
    {
        graph.outputs = {moved, labels, scores, magnitudes};
        return graph;
    }
    constexpr int64_t max_ids = 255;
    const bool has_ids = most <= max_ids;
    const std::string size_name = std::string(paste_name) + ".size";
    const ValueId size = graph.add_node(size_name, ShapeOf{.start = 0, .end = 2}, {picture});
    graph.values[size].type = DType::i64;
    PasteMasks paste = {.threshold = description.threshold};
    // A mask that reaches beyond the picture is cut, not squeezed into the part of its box that lies in the picture.
    const ValueId whole_boxes =
        graph.add_node(std::string(boxes_name) + ".whole",
                       BoxesToPicture{.placement = description.placement, .clips = false}, {boxes, picture});
    if (description.kind == OutputKind::yolo_seg) // masks of logits, which cover the input
    {
        paste.threshold = std::log(description.threshold / (1 - description.threshold));
        paste.placement = description.placement;
    }
    const ValueId bits = graph.add_node(paste_name, paste, {masks, whole_boxes, labels, size}, has_ids ? 2 : 1);
    graph.outputs = {moved, labels, scores, magnitudes, bits};
    if (has_ids)
        graph.outputs.push_back(bits + 1);
    return graph;
}

} // namespace

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
    if (masks != no_value)
    {
        VKSEG_ASSIGN(masks, masks_before_pasting(graph, masks, boxes, description));
    }
    return show_instances(std::move(graph), description, {boxes, labels, scores, masks}, picture);
}

Result<Graph> extend_for_yolo(Graph graph, ModelDescription& description)
{
    const YoloOutputs& yolo = description.yolo;
    VKSEG_ASSIGN(const ValueId candidates, find_instance_output(graph, "candidates", yolo.candidates));
    VKSEG_ASSIGN(const ValueId prototypes, find_instance_output(graph, "prototypes", yolo.prototypes));
    if (description.crf)
        return wrong_description("a CRF refines maps of classes, not instances");
    VKSEG_ASSIGN(const ValueId picture, take_picture(graph, description));
    const ValueId outputs[] = {candidates, prototypes};
    VKSEG_ASSIGN(const Graph known, with_sample_picture(graph, outputs, description));
    const Shape& shape = known.values[known.outputs[0]].shape;
    const Shape& maps = known.values[known.outputs[1]].shape;
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

} // namespace vkseg
