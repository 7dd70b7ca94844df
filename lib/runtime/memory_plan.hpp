#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Places tensors in a few arenas so that no two tensors alive at the same step overlap.
namespace vkseg {

struct Lifetime
{
    size_t bytes = 0;
    int first_step = 0;
    int last_step = 0; ///< inclusive
    bool is_scratch = false;
};

struct ArenaPlace
{
    uint32_t arena = 0;
    size_t offset_bytes = 0;
};

struct MemoryPlan
{
    std::vector<ArenaPlace> placements; ///< one per lifetime
    std::vector<size_t> arena_bytes;
    /// Max sum of aligned sizes alive at one step, without scratch: a lower bound for every plan.
    size_t live_bytes = 0;
};

struct MemoryPlanOptions
{
    size_t alignment_bytes = 256;
    size_t max_arena_bytes = size_t(1) << 30; ///< a tensor larger than this gets an arena to itself
    bool reuse = true;
};

/// Greedy by size: places the largest tensors first, each at the lowest offset free during its lifetime (Pisarchyk and
/// Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020, section 5.2).
MemoryPlan plan_memory(std::span<const Lifetime> lifetimes, const MemoryPlanOptions& options);

} // namespace vkseg
