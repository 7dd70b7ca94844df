#include "runtime/check_range.hpp"

#include "base/half.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

bool is_stored_as_half(const Schedule& schedule, ValueId id)
{
    return std::any_of(schedule.slots.begin(), schedule.slots.end(),
                       [&](const Slot& slot) { return slot.value == id && slot.storage == Storage::f16; });
}

void count(const Tensor& tensor, bool is_half, RangeFault& fault)
{
    for (const float value : tensor.to_floats())
    {
        fault.not_finite += std::isfinite(value) ? 0 : 1;
        fault.saturated += is_half && std::isfinite(value) && std::abs(value) >= largest_half ? 1 : 0;
    }
}

} // namespace

void keep_all_values(Graph& graph, std::span<const StateEnds> states)
{
    for (const StateEnds& state : states) // which are not given out otherwise
    {
        const ValueId id = graph.outputs[state.output];
        if (is_float(graph.values[id].type))
            graph.outputs.push_back(id);
    }
    const auto keep = [&](ValueId id)
    {
        if (id == no_value || !is_float(graph.values[id].type) || graph.values[id].constant)
            return;
        if (std::ranges::find(graph.outputs, id) == graph.outputs.end())
            graph.outputs.push_back(id);
    };
    std::ranges::for_each(graph.inputs, keep);
    for (const Node& node : graph.nodes)
        std::ranges::for_each(node.outputs, keep);
}

std::vector<RangeFault> find_range_faults(const Program& program, std::span<const NamedTensor> outputs)
{
    const Graph& graph = program.graph;
    std::vector<RangeFault> faults;
    const auto check = [&](ValueId id, RangeFault fault)
    {
        const auto last = std::find(graph.outputs.rbegin(), graph.outputs.rend(), id); // states come twice
        if (id == no_value || last == graph.outputs.rend() || !is_float(graph.values[id].type))
            return;
        const auto index = size_t(graph.outputs.rend() - last) - 1;
        count(outputs[index].tensor, is_stored_as_half(program.schedule, id), fault);
        if (fault.saturated + fault.not_finite > 0)
            faults.push_back(std::move(fault));
    };
    for (const ValueId id : graph.inputs)
        check(id, {.node = graph.values[id].name, .op = "input"});
    for (const Node& node : graph.nodes)
    {
        for (const ValueId id : node.outputs)
            check(id, {.node = node.name, .op = name(node.op)});
    }
    return faults;
}

} // namespace vkseg
