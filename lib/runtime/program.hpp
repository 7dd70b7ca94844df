#pragma once

#include "ops/packing.hpp"
#include "runtime/host_transfer.hpp"
#include "runtime/memory_plan.hpp"

/// Everything that a device is going to do for a network at given shapes, as values.
namespace vkseg {

/// The weights of a node in one packing, or a constant in one layout; equal keys are equal bytes.
struct WeightKey
{
    ValueId value = 0;        ///< of weights: the node's first output
    WeightLayout layout = {}; ///< of packed weights
    enum class Kind : uint8_t
    {
        packed,
        linear,
        blocked
    } kind = Kind::packed;
    Storage storage = Storage::f32;

    friend auto operator<=>(const WeightKey&, const WeightKey&) = default;
};

/// A piece of memory of a Program.
struct MemoryReference
{
    enum class Kind : uint8_t
    {
        arena,     ///< index: arena
        weights,   ///< index: into Program::weights
        from_host, ///< the buffer that holds all inputs as the host gave them
        to_host,   ///< the buffer that holds all outputs for the host
    };
    Kind kind = Kind::arena;
    uint32_t index = 0;
    size_t offset_bytes = 0;
    size_t size_bytes = 0;
};

struct Launch
{
    Dispatch dispatch;
    std::vector<MemoryReference> memory; ///< one per binding of the dispatch
    uint32_t step = 0;
    bool waits = false; ///< for all launches before it; else it may run beside those since the last that waits
};

struct Weights
{
    WeightKey key;
    uint32_t node = 0; ///< of packed weights
    ValueId value = 0; ///< of constants
    /// Hash of what they are made from, once it was read: that may be gone later.
    std::optional<uint64_t> content = {};
};

/// An output that is bytes, which a copy takes to the host as the device has them.
struct ByteCopy
{
    MemoryReference from;
    uint32_t output = 0; ///< into HostTransfers::outputs
};

struct Program
{
    Graph graph;        ///< as specialize() returned it; the weights are its constants
    size_t results = 0; ///< outputs of the graph that the caller wants; those behind are looked at by check_range
    Schedule schedule;
    std::vector<Launch> launches;
    std::vector<int64_t> multiply_adds; ///< of each node of the graph
    std::vector<size_t> moved_bytes;    ///< of each step: what it reads and writes, each tensor once
    std::vector<Weights> weights;
    HostTransfers host;
    std::vector<ByteCopy> copies;
    MemoryPlan memory;
};

/// Plans every node. Fails with one message that lists all nodes that the device cannot run.
Result<Program> make_program(Graph graph, const ScheduleOptions& options, const Limits& limits, bool reuse_memory);

Packing pack_weights(const Program& program, const Weights& weights);

} // namespace vkseg
