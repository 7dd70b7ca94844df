#pragma once

#include "ops/packing.hpp"
#include "runtime/host_transfer.hpp"
#include "runtime/memory_plan.hpp"

/// Everything that a device does for a network at given shapes, as plain data.
namespace vkseg {

/// The weights of a node in one packing, or a constant in one layout; equal keys mean equal bytes.
struct WeightKey
{
    ValueId value = 0;        ///< for weights: the node's first output
    WeightLayout layout = {}; ///< for packed weights
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
        arena,     ///< `index` is the arena
        slot,      ///< `index` is into Schedule::slots; place_memory() finds its arena
        scratch,   ///< `index` is the number of the scratch memory; place_memory() finds its arena
        weights,   ///< `index` is into Program::weights
        from_host, ///< the buffer that holds all inputs as the host gave them
        to_host,   ///< the buffer that holds all outputs for the host
        states,    ///< the memory that stays from run to run
    };
    Kind kind = Kind::arena;
    uint32_t index = 0;
    size_t offset_bytes = 0;
    size_t size_bytes = 0;
};

struct Launch
{
    Dispatch dispatch;
    std::vector<MemoryReference> memory;             ///< one per binding of the dispatch
    std::optional<MemoryReference> group_count = {}; ///< if only the workgroups of valid batch entries are launched
    uint32_t step = 0;
    bool waits = false; ///< waits for all launches before it; otherwise may overlap with those since the last wait
};

struct Weights
{
    WeightKey key;
    uint32_t node = 0; ///< for packed weights
    ValueId value = 0; ///< for constants
    /// Hash of the source constants, cached because they are freed after upload.
    std::optional<uint64_t> content = {};
};

/// An output stored as bytes, which is copied to the host unchanged.
struct ByteCopy
{
    MemoryReference from;
    uint32_t output = 0; ///< index into HostTransfers::outputs
};

struct Program
{
    Graph graph;        ///< the result of specialize(); the weights are its constants
    size_t results = 0; ///< number of graph outputs that the caller wants; check_range inspects the outputs after them
    Schedule schedule;
    std::vector<Launch> launches;
    std::vector<int64_t> multiply_adds; ///< for each node of the graph
    std::vector<size_t> moved_bytes;    ///< for each step: bytes read and written, counting each tensor once
    std::vector<Weights> weights;
    HostTransfers host;
    std::vector<ByteCopy> copies;
    MemoryPlan memory;
};

/// Plans every node. Fails with one message that lists all nodes that the device cannot run.
Result<Program> make_program(Graph graph, const ScheduleOptions& options, const Limits& limits, bool reuse_memory);

Packing pack_weights(const Program& program, const Weights& weights);

} // namespace vkseg
