#include "segment/unpasted_masks.hpp"

#include "base/try.hpp"
#include "ops/movement/pad_extents.hpp"
#include "ops/picture/picture_placement.hpp"
#include "runtime/fuse.hpp"
#include "segment/extend.hpp"
#include "segment/network_ends.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Producers of the values of a graph with known shapes.
class Trace
{
public:
    explicit Trace(const Graph& graph) : graph_(graph), producers_(find_producers(graph)) {}

    /// The node that computes the value, Reshapes aside, if it is this operator.
    template <class T>
    const Node* node_of(ValueId id) const
    {
        const Node* node = producer(id);
        while (node != nullptr && std::holds_alternative<Reshape>(node->op))
            node = producer(node->inputs[0]);
        return node != nullptr && std::holds_alternative<T>(node->op) ? node : nullptr;
    }

    bool depends_on(ValueId id, ValueId other) const
    {
        std::vector<ValueId> open = {id};
        std::vector<bool> is_seen(graph_.values.size());
        while (!open.empty())
        {
            const ValueId at = open.back();
            open.pop_back();
            if (at == other)
                return true;
            if (at == no_value || is_seen[at])
                continue;
            is_seen[at] = true;
            if (const Node* node = producer(at))
                open.insert(open.end(), node->inputs.begin(), node->inputs.end());
        }
        return false;
    }

private:
    const Node* producer(ValueId id) const
    {
        return producers_[id] < 0 ? nullptr : &graph_.nodes[size_t(producers_[id])];
    }

    const Graph& graph_;
    std::vector<int> producers_;
};

/// True if the Pad adds the border of one zero around each mask that torchvision adds.
bool adds_border(const Graph& graph, const Node& node)
{
    const auto& pad = std::get<Pad>(node.op);
    const Result<PadExtents> extents = resolve_pads(pad, graph.values[node.inputs[0]].shape);
    if (!extents.is_ok() || pad.mode != PadMode::constant || pad.value != 0)
        return false;
    for (size_t axis = 0; axis < 4; ++axis)
    {
        const int64_t border = axis < 2 ? 0 : 1;
        if (extents->begins[axis] != border || extents->ends[axis] != border)
            return false;
    }
    return true;
}

} // namespace

Result<ValueId> masks_before_pasting(const Graph& graph, ValueId masks, ValueId boxes,
                                     const ModelDescription& description)
{
    const ValueId outputs[] = {masks, boxes};
    VKSEG_ASSIGN(const Graph known, with_sample_picture(graph, outputs, description));
    VKSEG_ASSIGN(const PlacedPicture placed, place_picture(description.placement, sample_picture));
    const Value& value = known.values[known.outputs[0]];
    const Trace trace(known);
    if (const Node* paste = trace.node_of<PasteSoftMasks>(known.outputs[0]))
    {
        const Node* pad = trace.node_of<Pad>(paste->inputs[0]);
        const bool is_torchvisions =
            pad != nullptr && adds_border(known, *pad) && trace.depends_on(paste->inputs[1], known.outputs[1]);
        if (is_torchvisions && pad->inputs[0] < graph.values.size()) // values of the graph keep their ids
            return pad->inputs[0];
    }
    else if (value.shape.rank() != 4 || value.shape[2] != placed.tensor_height || value.shape[3] != placed.tensor_width)
        return masks;
    return wrong_description(
        "expected masks of shape RxKxhxw within their boxes, or pasted as torchvision does it; got '" + value.name +
        "' " + to_string(value.shape) + ", which covers the network's input");
}

} // namespace vkseg
