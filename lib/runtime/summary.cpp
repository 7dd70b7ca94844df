#include "base/try.hpp"
#include "runtime/memory_bound.hpp"
#include "vkseg/session.hpp"

namespace vkseg {
namespace {

/// Limits of no device: a summary is the same however launches are split to fit bindings.
Limits limits_without_bindings()
{
    Limits limits;
    limits.max_storage_buffer_range_bytes = size_t(1) << 40;
    return limits;
}

} // namespace

Result<NetworkSummary> summarize(const Graph& graph, std::span<const NamedShape> shapes, Precision precision,
                                 size_t max_memory_bytes)
{
    NetworkSummary summary;
    for (const Node& node : graph.nodes)
        ++summary.operators[name(node.op)];
    VKSEG_ASSIGN(Graph specialized, specialize(graph, shapes, /* fuse= */ true, max_memory_bytes));
    VKSEG_ASSIGN(const Program program, make_program(std::move(specialized), {.real = storage_of(precision)},
                                                     limits_without_bindings(), true));
    for (const Value& value : graph.values)
    {
        if (value.constant && is_float(value.type))
            summary.parameters += value.constant->elements();
    }
    for (const int64_t multiply_adds : program.multiply_adds)
        summary.multiply_adds += multiply_adds;
    for (const Weights& weights : program.weights)
        summary.weights_bytes += pack_weights(program, weights).bytes;
    for (const size_t bytes : program.memory.arena_bytes)
        summary.activations_bytes += bytes;
    summary.memory_bytes = memory_of(program, constant_bytes(graph)).sum();
    summary.live_bytes = program.memory.live_bytes;
    summary.steps = program.launches.size();
    for (const Launch& launch : program.launches)
        summary.waits += launch.waits ? 1 : 0;
    for (const ValueId id : program.graph.inputs)
        summary.inputs.push_back({program.graph.values[id].name, program.graph.values[id].shape});
    for (const ValueId id : program.graph.outputs)
        summary.outputs.push_back({program.graph.values[id].name, program.graph.values[id].shape});
    return summary;
}

} // namespace vkseg
