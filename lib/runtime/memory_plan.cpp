#include "runtime/memory_plan.hpp"
#include "base/div_ceil.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

namespace vkseg {
namespace {

struct Placed
{
    size_t begin = 0;
    size_t end = 0;
    int first_step = 0;
    int last_step = 0;
};

/// The lowest offset at which `bytes` are free during the lifetime; nullopt if the arena would grow too large.
std::optional<size_t> find_gap(std::span<const Placed> placed, const Lifetime& life, size_t bytes,
                               const MemoryPlanOptions& options)
{
    size_t offset = 0;
    for (const Placed& other : placed) // sorted by begin
    {
        const bool is_alive =
            !options.reuse || (other.first_step <= life.last_step && life.first_step <= other.last_step);
        if (!is_alive)
            continue;
        if (offset + bytes <= other.begin)
            break;
        offset = std::max(offset, other.end);
    }
    if (offset > 0 && offset + bytes > options.max_arena_bytes)
        return std::nullopt;
    return offset;
}

size_t find_live_bytes(std::span<const Lifetime> lifetimes, size_t alignment)
{
    int steps = 0;
    for (const Lifetime& life : lifetimes)
        steps = std::max(steps, life.last_step + 1);
    // Bytes that become live at a step, less those that died before it. Unsigned arithmetic wraps, but the sums are
    // right.
    std::vector<size_t> changes(static_cast<size_t>(steps) + 1);
    for (const Lifetime& life : lifetimes)
    {
        if (life.is_scratch)
            continue;
        const size_t bytes = round_up(life.bytes, alignment);
        changes[size_t(life.first_step)] += bytes;
        changes[size_t(life.last_step) + 1] -= bytes;
    }
    std::partial_sum(changes.begin(), changes.end(), changes.begin());
    return *std::max_element(changes.begin(), changes.end());
}

} // namespace

MemoryPlan plan_memory(std::span<const Lifetime> lifetimes, const MemoryPlanOptions& options)
{
    MemoryPlan plan;
    plan.placements.resize(lifetimes.size());
    plan.live_bytes = find_live_bytes(lifetimes, options.alignment_bytes);
    std::vector<size_t> order(lifetimes.size());
    std::iota(order.begin(), order.end(), size_t(0));
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });

    std::vector<std::vector<Placed>> arenas;
    for (const size_t index : order)
    {
        const Lifetime& life = lifetimes[index];
        const size_t bytes = round_up(life.bytes, options.alignment_bytes);
        uint32_t arena = 0;
        std::optional<size_t> offset;
        for (; arena < arenas.size() && !offset; ++arena)
            offset = find_gap(arenas[arena], life, bytes, options);
        if (offset)
            --arena;
        else
        {
            arenas.emplace_back();
            plan.arena_bytes.push_back(0);
            offset = 0;
        }
        const Placed placed = {*offset, *offset + bytes, life.first_step, life.last_step};
        std::vector<Placed>& others = arenas[arena];
        others.insert(std::upper_bound(others.begin(), others.end(), placed,
                                       [](const Placed& a, const Placed& b) { return a.begin < b.begin; }),
                      placed);
        plan.arena_bytes[arena] = std::max(plan.arena_bytes[arena], placed.end);
        plan.placements[index] = {arena, *offset};
    }
    return plan;
}

} // namespace vkseg
