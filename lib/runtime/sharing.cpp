#include "runtime/schedule.hpp"

#include <algorithm>

namespace vkseg {

void concatenate_in_place(const Graph& graph, Schedule& schedule)
{
    for (Step& step : schedule.steps)
    {
        if (step.kind != Step::Kind::node || !std::holds_alternative<Concat>(graph.nodes[step.node].op))
            continue;
        const uint32_t whole = step.outputs[0];
        const int64_t axis = std::get<Concat>(graph.nodes[step.node].op).axis;
        const size_t rank = schedule.slots[whole].shape.rank();
        if (schedule.slots[whole].layout != Layout::blocked || (axis != 1 && axis != 1 - int64_t(rank)))
            continue;
        int64_t channel = 0;
        for (uint32_t& input : step.inputs)
        {
            Slot& part = schedule.slots[input];
            const int64_t channels = part.shape[1];
            const bool is_last = channel + channels == schedule.slots[whole].shape[1];
            if (part.parent == input && part.place == Slot::Place::activation && part.layout == Layout::blocked &&
                channel % 4 == 0 && (channels % 4 == 0 || is_last))
            {
                part.parent = whole;
                part.first_block = int(channel / 4);
                input = no_slot;
            }
            channel += channels;
        }
    }
}

void resolve_memory(Schedule& schedule)
{
    std::vector<bool> is_done(schedule.slots.size());
    const auto resolve = [&](auto&& self, uint32_t index) -> void
    {
        Slot& slot = schedule.slots[index];
        if (is_done[index])
            return;
        is_done[index] = true;
        slot.root = index;
        slot.view = packed_view(slot.shape, slot.layout);
        slot.bytes = size_t(elements4(slot.shape, slot.layout)) * element_bytes(slot.storage);
        if (slot.parent == index)
            return;
        self(self, slot.parent);
        const Slot& parent = schedule.slots[slot.parent];
        slot.root = parent.root;
        slot.place = parent.place;
        slot.view.offset = parent.view.offset + slot.first_block * parent.view.block_pitch;
        if (slot.layout == Layout::blocked)
        {
            slot.view.batch_pitch = parent.view.batch_pitch;
            slot.view.block_pitch = parent.view.block_pitch;
        }
    };
    for (size_t i = 0; i < schedule.slots.size(); ++i)
        resolve(resolve, uint32_t(i));

    for (size_t i = 0; i < schedule.steps.size(); ++i)
    {
        const Step& step = schedule.steps[i];
        const auto touch = [&](uint32_t index)
        {
            if (index == no_slot)
                return;
            Slot& root = schedule.slots[schedule.slots[index].root];
            if (root.first_step < 0)
                root.first_step = int(i);
            root.last_step = int(i);
        };
        std::for_each(step.inputs.begin(), step.inputs.end(), touch);
        std::for_each(step.outputs.begin(), step.outputs.end(), touch);
        touch(step.count);
    }
}

} // namespace vkseg
