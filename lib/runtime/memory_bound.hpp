#pragma once

#include "base/budget.hpp"
#include "runtime/program.hpp"
#include "vkseg/session.hpp"

/// Memory of a plan, checked against SessionOptions::max_memory_bytes.
namespace vkseg {

/// Bytes of memory that hold the graph's constants; bytes shared by several constants count once.
size_t constant_bytes(const Graph& graph);

/// Number of values in the inputs whose shapes the graph leaves open and `shapes` sets.
size_t chosen_values(const Graph& graph, std::span<const NamedShape> shapes);

struct ProgramMemory
{
    size_t weights_bytes = 0;     ///< packed weights
    size_t activations_bytes = 0; ///< arenas
    size_t transfer_bytes = 0;    ///< inputs and outputs in device memory, and outputs as tensors
    size_t constants_bytes = 0;   ///< constants on the host, less those that the network brought

    size_t sum() const { return weights_bytes + activations_bytes + transfer_bytes + constants_bytes; }
};

/// `own_constant_bytes`: constant_bytes() of the graph before it was specialised.
ProgramMemory memory_of(const Program& program, size_t own_constant_bytes);

/// Fails with out_of_memory, naming the node, if a single tensor of a specialised graph takes more than
/// `max_memory_bytes`. Called before planning, because such a graph would need many launches.
Status check_tensors(const Graph& specialized, Precision precision, size_t max_memory_bytes);

/// Fails with out_of_memory, naming the largest consumer, if the program takes more than `max_memory_bytes`.
Status check_memory(const Program& program, const ProgramMemory& memory, size_t max_memory_bytes);

/// The error for a budget that does not cover `what`, such as "10x20 zeros".
Status beyond_budget(const FoldingBudget& budget, const std::string& what);

/// "768 MiB of memory are allowed: …", the end of a message about excessive memory use.
std::string more_memory_hint(size_t max_memory_bytes);

} // namespace vkseg
