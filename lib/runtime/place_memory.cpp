#include "runtime/place_memory.hpp"

#include <algorithm>

namespace vkseg {

void place_memory(Program& program, std::span<const Lifetime> scratch, const Limits& limits, bool reuse)
{
    const std::vector<Slot>& slots = program.schedule.slots;
    std::vector<Lifetime> lifetimes;
    std::vector<size_t> lifetime_of(slots.size());
    for (size_t i = 0; i < slots.size(); ++i)
    {
        const Slot& slot = slots[i];
        if (slot.root != i || slot.place != Slot::Place::activation || slot.first_step < 0)
            continue;
        lifetime_of[i] = lifetimes.size();
        lifetimes.push_back({.bytes = slot.bytes, .first_step = slot.first_step, .last_step = slot.last_step});
        if (slot.storage == Storage::u8) // copied to the host after the last step
            lifetimes.back().last_step = int(program.schedule.steps.size());
    }
    const size_t first_scratch = lifetimes.size();
    lifetimes.insert(lifetimes.end(), scratch.begin(), scratch.end());
    program.memory = plan_memory(
        lifetimes, {.alignment_bytes = 256, .max_arena_bytes = limits.max_allocation_bytes, .reuse = reuse});

    const auto place = [&](MemoryReference& reference)
    {
        const bool is_slot = reference.kind == MemoryReference::Kind::slot;
        if (!is_slot && reference.kind != MemoryReference::Kind::scratch)
            return;
        const size_t lifetime = is_slot ? lifetime_of[reference.index] : first_scratch + reference.index;
        const ArenaPlace& found = program.memory.placements[lifetime];
        reference.kind = MemoryReference::Kind::arena;
        reference.index = found.arena;
        reference.offset_bytes += found.offset_bytes;
    };
    for (Launch& launch : program.launches)
    {
        std::for_each(launch.memory.begin(), launch.memory.end(), place);
        if (launch.group_count)
            place(*launch.group_count);
    }
    for (ByteCopy& copy : program.copies)
        place(copy.from);
}

} // namespace vkseg
