#pragma once

#include "base/budget.hpp"
#include "runtime/program.hpp"
#include "vkseg/session.hpp"

/// What a plan takes, held against SessionOptions::max_memory_bytes.
namespace vkseg {

/// Bytes of memory that hold the graph's constants. Constants may share bytes, which count once.
size_t constant_bytes(const Graph& graph);

/// Values of the inputs whose shapes the graph leaves open and `shapes` gives.
size_t chosen_values(const Graph& graph, std::span<const NamedShape> shapes);

struct ProgramMemory
{
    size_t weights_bytes = 0;     ///< as packed
    size_t activations_bytes = 0; ///< arenas
    size_t transfer_bytes = 0;    ///< inputs and outputs in memory of the device, and outputs as tensors
    size_t constants_bytes = 0;   ///< of the host, beyond those that the network brought

    size_t sum() const { return weights_bytes + activations_bytes + transfer_bytes + constants_bytes; }
};

/// `own_constant_bytes`: constant_bytes() of the graph before it was specialised.
ProgramMemory memory_of(const Program& program, size_t own_constant_bytes);

/// Fails with out_of_memory, naming the node, if a single tensor of a specialised graph takes more than
/// `max_memory_bytes`: before such a graph is planned, whose launches would be many.
Status check_tensors(const Graph& specialized, Precision precision, size_t max_memory_bytes);

/// Fails with out_of_memory, naming what takes most, if the program takes more than `max_memory_bytes`.
Status check_memory(const Program& program, const ProgramMemory& memory, size_t max_memory_bytes);

/// What planning answers when the budget does not pay for `what`, such as "10x20 zeros".
Status beyond_budget(const FoldingBudget& budget, const std::string& what);

/// "768 MiB of memory are allowed: …", the end of a message about what would take too much.
std::string more_memory_hint(size_t max_memory_bytes);

} // namespace vkseg
