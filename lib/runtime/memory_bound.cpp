#include "runtime/memory_bound.hpp"
#include "base/div_ceil.hpp"

#include "base/budget.hpp"
#include "base/text.hpp"
#include "runtime/weight_store.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// Rounds needed bytes up and allowed bytes down, so that needed bytes read as the larger.
enum class Rounding
{
    up,
    down
};

std::string bytes_text(size_t bytes, Rounding rounding = Rounding::up)
{
    constexpr size_t mebibyte = size_t(1) << 20;
    const int shift = bytes < 10 * mebibyte && bytes % mebibyte != 0 ? 10 : 20;
    const size_t unit = size_t(1) << shift;
    const size_t units = (bytes >> shift) + (rounding == Rounding::up && bytes % unit != 0 ? 1 : 0);
    return std::to_string(units) + (shift == 10 ? " KiB" : " MiB");
}

/// A piece of a program's memory and its owner.
struct Piece
{
    size_t bytes = 0;
    std::string owner;
};

Piece largest_activation(const Program& program)
{
    size_t most = 0;
    const Step* writer = nullptr;
    ValueId value = no_value;
    for (const Step& step : program.schedule.steps)
    {
        for (const uint32_t slot : step.outputs)
        {
            if (slot == no_slot || program.schedule.slots[slot].bytes <= most)
                continue;
            most = program.schedule.slots[slot].bytes;
            writer = &step;
            value = program.schedule.slots[slot].value;
        }
    }
    if (writer == nullptr)
        return {};
    return {.bytes = most,
            .owner = writer->kind == Step::Kind::node ? describe(program.graph.nodes[writer->node])
                                                      : "tensor '" + printable(program.graph.values[value].name) + "'"};
}

Piece largest_weights(const Program& program)
{
    size_t most = 0;
    const Weights* largest = nullptr;
    for (const Weights& weights : program.weights)
    {
        const size_t bytes = pack_weights(program, weights).bytes;
        if (bytes <= most)
            continue;
        most = bytes;
        largest = &weights;
    }
    if (largest == nullptr)
        return {};
    const bool is_packed = largest->key.kind == WeightKey::Kind::packed;
    return {.bytes = most,
            .owner = is_packed ? describe(program.graph.nodes[largest->node])
                               : "constant '" + printable(program.graph.values[largest->value].name) + "'"};
}

size_t tensor_bytes(const HostTransfer& transfer)
{
    const size_t size = is_float(transfer.type) ? 4 : size_bytes(transfer.type);
    return size_t(transfer.shape.elements()) * size;
}

} // namespace

size_t constant_bytes(const Graph& graph)
{
    std::vector<std::span<const std::byte>> ranges;
    for (const Value& value : graph.values)
    {
        if (value.constant && !value.constant->bytes().empty())
            ranges.push_back(value.constant->bytes());
    }
    std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.data() < b.data(); });
    size_t bytes = 0;
    const std::byte* end = nullptr;
    for (const std::span<const std::byte> range : ranges)
    {
        const std::byte* const begin = std::max(range.data(), end);
        const std::byte* const range_end = range.data() + range.size();
        if (begin >= range_end)
            continue;
        bytes += size_t(range_end - begin);
        end = range_end;
    }
    return bytes;
}

size_t chosen_values(const Graph& graph, std::span<const NamedShape> shapes)
{
    size_t values = 0;
    for (const ValueId id : graph.inputs)
    {
        const Value& input = graph.values[id];
        const auto given = std::ranges::find(shapes, input.name, &NamedShape::name);
        if (given != shapes.end() && given->shape.is_known() && !(input.has_shape && input.shape.is_known()))
            values += size_t(std::min<int64_t>(given->shape.elements(), INT32_MAX));
    }
    return values;
}

size_t default_max_memory_bytes(const Graph& graph, std::span<const NamedShape> shapes)
{
    size_t weights = 0; // weights whose values are still missing
    for (const Value& value : graph.values)
    {
        if (value.is_weight && value.has_shape && value.shape.is_known())
            weights += size_t(value.shape.elements()) * size_bytes(value.type);
    }
    return default_memory_bytes(constant_bytes(graph) + weights, chosen_values(graph, shapes));
}

ProgramMemory memory_of(const Program& program, size_t own_constant_bytes)
{
    ProgramMemory memory;
    for (const Weights& weights : program.weights)
        memory.weights_bytes += round_up(pack_weights(program, weights).bytes, weight_alignment);
    for (const size_t bytes : program.memory.arena_bytes)
        memory.activations_bytes += bytes;
    memory.activations_bytes += program.host.state_bytes;
    memory.transfer_bytes = program.host.input_bytes + program.host.output_bytes;
    for (const HostTransfer& output : program.host.outputs)
        memory.transfer_bytes += output.is_state ? 0 : tensor_bytes(output);
    const size_t constants = constant_bytes(program.graph);
    memory.constants_bytes = constants - std::min(constants, own_constant_bytes);
    return memory;
}

std::string more_memory_hint(size_t max_memory_bytes)
{
    return "the memory limit is " + bytes_text(max_memory_bytes, Rounding::down) +
           "; raise it with --max-memory or SessionOptions::max_memory_bytes";
}

Status beyond_budget(const FoldingBudget& budget, const std::string& what)
{
    return Status(StatusCode::out_of_memory, "expected at most " + std::to_string(budget.values_left()) +
                                                 " more values to compute while planning, got " + what + "; " +
                                                 more_memory_hint(budget.max_memory_bytes()));
}

Status check_tensors(const Graph& specialized, Precision precision, size_t max_memory_bytes)
{
    for (const Node& node : specialized.nodes)
    {
        for (const ValueId id : node.outputs)
        {
            if (id == no_value)
                continue;
            const Value& value = specialized.values[id];
            const size_t size = is_float(value.type) && precision == Precision::f16 ? 2 : 4;
            const size_t bytes = size_t(value.shape.elements()) * size;
            if (bytes > max_memory_bytes)
                return Status(StatusCode::out_of_memory, describe(node) + ": its output " + to_string(value.shape) +
                                                             " takes " + bytes_text(bytes) + ", but " +
                                                             more_memory_hint(max_memory_bytes));
        }
    }
    return {};
}

Status check_memory(const Program& program, const ProgramMemory& memory, size_t max_memory_bytes)
{
    if (memory.sum() <= max_memory_bytes)
        return {};
    const Piece activation = largest_activation(program);
    const Piece weights = largest_weights(program);
    const Piece& largest = activation.bytes >= weights.bytes ? activation : weights;
    return Status(StatusCode::out_of_memory,
                  largest.owner + ": takes the largest part, " + bytes_text(largest.bytes) + ", of the " +
                      bytes_text(memory.sum()) + " that the network needs (weights " +
                      bytes_text(memory.weights_bytes) + ", activations " + bytes_text(memory.activations_bytes) +
                      ", inputs and outputs " + bytes_text(memory.transfer_bytes) + ", constants " +
                      bytes_text(memory.constants_bytes) + "), but " + more_memory_hint(max_memory_bytes));
}

} // namespace vkseg
