#include "runtime/schedule.hpp"

#include "ops/movement/slice_ranges.hpp"
#include "ops/shape_rules.hpp"
#include "runtime/mixed_precision.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <map>

namespace vkseg {
namespace {

bool can_be_blocked(const Shape& shape)
{
    return shape.rank() >= 2 && shape.rank() <= 5;
}

/// Layout and storage of a value. A value has a slot for each form in use.
struct Form
{
    Layout layout = Layout::linear;
    Storage storage = Storage::f32; ///< u8: a picture or mask, as bytes
    friend bool operator==(const Form&, const Form&) = default;
};

/// Forms to read an output from, best first.
constexpr Form output_forms[] = {{Layout::blocked, Storage::f32}, {Layout::linear, Storage::f32},
                                 {Layout::blocked, Storage::f16}, {Layout::linear, Storage::f16},
                                 {Layout::blocked, Storage::i32}, {Layout::linear, Storage::i32},
                                 {Layout::linear, Storage::u8}};

Layout other_than(Layout layout)
{
    return layout == Layout::blocked ? Layout::linear : Layout::blocked;
}

/// Builds the steps in the graph's order, adding changes of layout where a node needs them.
class Scheduler
{
public:
    Scheduler(const Graph& graph, const ScheduleOptions& options)
        : graph_(graph), options_(options), slots_of_(graph.values.size()), wanted_(graph.values.size())
    {
        find_wanted_layouts();
        std::vector<ValueId> wide;
        for (const StateEnds& state : options.states)
        {
            states_.try_emplace(graph.inputs[state.input]);
            if (state.is_f32)
                wide.push_back(graph.inputs[state.input]);
        }
        if (options.real == Storage::f16)
            mixed_ = find_mixed_precision(graph, wide);
    }

    Schedule run()
    {
        schedule_.warnings = std::move(mixed_.warnings);
        for (size_t i = 0; i < graph_.nodes.size(); ++i)
            schedule_node(uint32_t(i));
        schedule_.states = options_.states;
        std::vector<Step> outputs; // after all other steps: states are read before they are overwritten
        for (size_t i = 0; i < graph_.outputs.size(); ++i)
        {
            const ValueId id = graph_.outputs[i];
            if (graph_.values[id].constant)
                continue;
            const auto state = std::ranges::find(options_.states, uint32_t(i), &StateEnds::output);
            const uint32_t slot = state == options_.states.end() ? output_slot(id) : state_slot(id, state->input);
            Step step = {.kind = Step::Kind::output, .node = uint32_t(i), .inputs = {slot}, .outputs = {}};
            step.count = output_count_slot(graph_.values[id]);
            outputs.push_back(std::move(step));
        }
        schedule_.steps.insert(schedule_.steps.end(), outputs.begin(), outputs.end());
        return std::move(schedule_);
    }

private:
    /// Finds the layout that the first reader with a preference wants a value to have. Readers without a preference
    /// pass on the layout wanted for their outputs.
    void find_wanted_layouts()
    {
        for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node)
        {
            const std::vector<TensorInfo> infos = infos_of(graph_, *node);
            std::optional<Layout> layout;
            switch (layout_rule(node->op, infos))
            {
            case LayoutRule::blocked:
                layout = Layout::blocked;
                break;
            case LayoutRule::linear:
                layout = Layout::linear;
                break;
            case LayoutRule::same:
            case LayoutRule::any:
                for (const ValueId id : node->outputs)
                {
                    if (id != no_value && !layout)
                        layout = wanted_[id];
                }
            }
            for (size_t i = 0; i < node->inputs.size(); ++i)
            {
                if (node->inputs[i] != no_value && layout && is_data_input(node->op, infos.size(), i))
                    wanted_[node->inputs[i]] = layout;
            }
        }
    }

    Layout output_layout(const Node& node, LayoutRule rule) const
    {
        if (rule == LayoutRule::blocked)
            return Layout::blocked;
        const ValueId first =
            *std::find_if(node.outputs.begin(), node.outputs.end(), [](ValueId id) { return id != no_value; });
        if (rule == LayoutRule::linear || options_.prefer_linear_layout || !can_be_blocked(graph_.values[first].shape))
            return Layout::linear;
        if (rule == LayoutRule::any && wanted_[first])
            return *wanted_[first];
        return largest_input_layout(node).value_or(wanted_[first].value_or(Layout::blocked));
    }

    /// Layout of the largest input already on the device, which would be the most costly to convert.
    std::optional<Layout> largest_input_layout(const Node& node) const
    {
        std::optional<Layout> layout;
        int64_t most = 0;
        for (const ValueId id : node.inputs)
        {
            if (id == no_value || graph_.values[id].constant || graph_.values[id].shape.elements() <= most)
                continue;
            for (const Layout candidate : {Layout::linear, Layout::blocked})
            {
                if (has_slot_in(id, candidate))
                {
                    layout = candidate;
                    most = graph_.values[id].shape.elements();
                }
            }
        }
        return layout;
    }

    void schedule_node(uint32_t index)
    {
        const Node& node = graph_.nodes[index];
        const std::vector<TensorInfo> infos = infos_of(graph_, node);
        const LayoutRule rule = layout_rule(node.op, infos);
        const Layout layout = output_layout(node, rule);
        const bool is_f32 = options_.real == Storage::f16 && mixed_.is_f32[index];
        const Storage real = is_f32 ? Storage::f32 : options_.real;
        const std::optional<size_t> f32_input = signature(node.op).f32_input;
        Step step = {.kind = Step::Kind::node, .node = index, .real = real, .inputs = {}, .outputs = {}};
        for (size_t i = 0; i < node.inputs.size(); ++i)
        {
            const ValueId id = node.inputs[i];
            const Storage stored = f32_input == i ? Storage::f32 : real;
            if (id == no_value || !is_data_input(node.op, infos.size(), i))
                step.inputs.push_back(no_slot);
            else if (rule == LayoutRule::any)
                step.inputs.push_back(any_slot(id, layout, stored));
            else
                step.inputs.push_back(slot_in(id, form_for(node.op, id, layout, stored)));
        }
        step.count = count_slot(node);
        for (const ValueId id : node.outputs)
        {
            if (id == no_value)
                step.outputs.push_back(no_slot);
            else
                step.outputs.push_back(add_slot(id, form_for(node.op, id, layout, real)));
        }
        if (!share_input(node, step))
            schedule_.steps.push_back(std::move(step));
    }

    /// The number of the node's batch entries that are valid.
    uint32_t count_slot(const Node& node)
    {
        const auto output = std::ranges::find_if(node.outputs, [&](ValueId id)
                                                 { return id != no_value && graph_.values[id].valid.has_value(); });
        if (output == node.outputs.end())
            return no_slot;
        const std::optional<ValidEntries>& valid = graph_.values[*output].valid;
        if (valid->axis != 0 || std::ranges::find(node.outputs, valid->count) != node.outputs.end())
            return no_slot;
        return slot_in(valid->count, {Layout::linear, Storage::i32});
    }

    /// The number of an output's entries that are valid, if it is worth an indirect launch to move only these.
    uint32_t output_count_slot(const Value& value)
    {
        constexpr int64_t min_values = int64_t(1) << 16;
        if (options_.keep_invalid_entries || !value.valid || value.valid->axis != 0 ||
            value.shape.elements() < min_values)
            return no_slot;
        return slot_in(value.valid->count, {Layout::linear, Storage::i32});
    }

    /// The form in which a node reads or writes a value, if the node works in `layout` and stores floats as `real`.
    Form form_for(const Op& op, ValueId id, Layout layout, Storage real) const
    {
        const Value& value = graph_.values[id];
        if (value.type == DType::u8 && signature(op).has_picture_bytes)
            return {Layout::linear, Storage::u8};
        if (value.type == DType::i8 && signature(op).has_bytes)
            return {Layout::blocked, Storage::i8};
        return {can_be_blocked(value.shape) ? layout : Layout::linear, storage_of(id, real)};
    }

    Storage storage_of(ValueId id, Storage real) const
    {
        return is_float(graph_.values[id].type) ? real : Storage::i32;
    }

    /// The slot that a value has in a form; no_slot if it has none.
    uint32_t find_slot(ValueId id, Form form) const
    {
        for (const uint32_t slot : slots_of_[id])
        {
            if (Form{schedule_.slots[slot].layout, schedule_.slots[slot].storage} == form)
                return slot;
        }
        return no_slot;
    }

    bool has_slot_in(ValueId id, Layout layout) const
    {
        return std::any_of(slots_of_[id].begin(), slots_of_[id].end(),
                           [&](uint32_t index)
                           {
                               const Slot& slot = schedule_.slots[index];
                               return slot.layout == layout && slot.storage != Storage::u8;
                           });
    }

    uint32_t add_slot(ValueId id, Form form)
    {
        const Value& value = graph_.values[id];
        assert(!is_empty(value.shape)); // specialize() leaves no empty tensors to read or compute
        const uint32_t index = uint32_t(schedule_.slots.size());
        Slot slot = {
            .value = id, .shape = value.shape, .type = value.type, .storage = form.storage, .layout = form.layout};
        if (value.constant)
            slot.place = Slot::Place::constant;
        slot.parent = index;
        schedule_.slots.push_back(slot);
        slots_of_[id].push_back(index);
        return index;
    }

    /// Slot of the first of the forms that a value has; no_slot if the value has none of them.
    uint32_t first_slot(ValueId id, std::span<const Form> forms) const
    {
        for (const Form form : forms)
        {
            if (const uint32_t slot = find_slot(id, form); slot != no_slot)
                return slot;
        }
        return no_slot;
    }

    /// A slot in either layout, in `preferred` if there is a choice.
    uint32_t any_slot(ValueId id, Layout preferred, Storage real)
    {
        const Storage storage = storage_of(id, real);
        const Form forms[] = {{preferred, storage}, {other_than(preferred), storage}};
        const uint32_t slot = first_slot(id, forms);
        if (slot != no_slot)
            return slot;
        return slot_in(id, {can_be_blocked(graph_.values[id].shape) ? preferred : Layout::linear, storage});
    }

    uint32_t output_slot(ValueId id)
    {
        const uint32_t slot = first_slot(id, output_forms);
        return slot == no_slot ? slot_in(id, {Layout::linear, storage_of(id, options_.real)}) : slot;
    }

    /// A slot to write the state of a graph input from, in the layout in which that input is read.
    uint32_t state_slot(ValueId id, uint32_t input)
    {
        std::optional<Layout>& layout = states_.at(graph_.inputs[input]);
        if (!layout)
            layout = schedule_.slots[output_slot(id)].layout;
        const Form forms[] = {{*layout, Storage::f32}, {*layout, Storage::f16}, {*layout, Storage::i32}};
        const uint32_t slot = first_slot(id, forms);
        return slot == no_slot ? slot_in(id, {*layout, storage_of(id, options_.real)}) : slot;
    }

    /// The slot of a value in a form. The first request adds a step: an input is read from the host in each form, other
    /// values are converted from an existing form. States are read in one layout, because their words differ by it.
    uint32_t slot_in(ValueId id, Form form)
    {
        if (const uint32_t slot = find_slot(id, form); slot != no_slot)
            return slot;
        if (graph_.values[id].constant)
            return add_slot(id, form);
        const auto input = std::find(graph_.inputs.begin(), graph_.inputs.end(), id);
        const auto state = states_.find(id);
        if (state != states_.end() && !state->second)
            state->second = form.layout;
        const bool is_converted = state != states_.end() && state->second != form.layout;
        if (input != graph_.inputs.end() && !is_converted)
        {
            const uint32_t slot = add_slot(id, form);
            if (form.storage == Storage::u8)
                schedule_.slots[slot].place = Slot::Place::input;
            schedule_.steps.push_back({.kind = Step::Kind::input,
                                       .node = uint32_t(input - graph_.inputs.begin()),
                                       .inputs = {},
                                       .outputs = {slot}});
            return slot;
        }
        const uint32_t source = is_converted ? slot_in(id, {*state->second, form.storage}) : source_of(id, form);
        const uint32_t slot = add_slot(id, form);
        schedule_.steps.push_back({.kind = Step::Kind::conversion, .node = 0, .inputs = {source}, .outputs = {slot}});
        return slot;
    }

    /// The slot to convert a value from. A conversion changes either the storage or the layout, so another conversion
    /// may have to come first.
    uint32_t source_of(ValueId id, Form form)
    {
        const Form other_layout = {other_than(form.layout), form.storage};
        if (const uint32_t slot = find_slot(id, other_layout); slot != no_slot)
            return slot;
        if (form.storage == Storage::u8) // bytes have one layout; planning rejects conversions to them
            return slots_of_[id].front();
        for (const uint32_t slot : slots_of_[id])
        {
            if (schedule_.slots[slot].layout == form.layout)
                return slot;
        }
        const uint32_t first = slots_of_[id].front();
        return schedule_.slots[first].storage == Storage::u8 ? first : slot_in(id, other_layout);
    }

    /// True if the node is a reshape or a slice of channels that only views its input, and so needs no step.
    bool share_input(const Node& node, const Step& step)
    {
        if (!options_.share_memory || step.inputs.empty() || step.inputs[0] == no_slot)
            return false;
        const Slot& from = schedule_.slots[step.inputs[0]];
        if (std::holds_alternative<Reshape>(node.op))
        {
            Slot& to = schedule_.slots[step.outputs[0]];
            const bool is_same_order =
                from.layout == to.layout &&
                (from.layout == Layout::linear || (from.shape[0] == to.shape[0] && from.shape[1] == to.shape[1]));
            return is_same_order && be_part_of(to, step.inputs[0], 0);
        }
        if (const auto* split = std::get_if<Split>(&node.op))
            return share_parts(step, axis_of(split->axis, from.shape));
        if (const auto* slice = std::get_if<Slice>(&node.op))
            return share_slice(*slice, step);
        return false;
    }

    static size_t axis_of(int64_t axis, const Shape& shape)
    {
        return size_t(axis < 0 ? axis + int64_t(shape.rank()) : axis);
    }

    bool be_part_of(Slot& part, uint32_t parent, int first_block)
    {
        part.parent = parent;
        part.first_block = first_block;
        part.place = schedule_.slots[parent].place;
        return true;
    }

    bool share_parts(const Step& step, size_t axis)
    {
        const Slot& from = schedule_.slots[step.inputs[0]];
        if (axis != 1 || from.layout != Layout::blocked)
            return false;
        int64_t channel = 0;
        for (const uint32_t part : step.outputs)
        {
            if (part == no_slot || schedule_.slots[part].layout != Layout::blocked || channel % 4 != 0)
                return false;
            channel += schedule_.slots[part].shape[1];
        }
        channel = 0;
        for (const uint32_t part : step.outputs)
        {
            be_part_of(schedule_.slots[part], step.inputs[0], int(channel / 4));
            channel += schedule_.slots[part].shape[1];
        }
        return true;
    }

    bool share_slice(const Slice& slice, const Step& step)
    {
        const Slot& from = schedule_.slots[step.inputs[0]];
        Slot& to = schedule_.slots[step.outputs[0]];
        const Result<std::vector<SliceRange>> ranges = slice_ranges(slice, from.shape);
        assert(ranges.is_ok());
        for (size_t axis = 0; axis < ranges->size(); ++axis)
        {
            const SliceRange& range = (*ranges)[axis];
            const bool is_whole = range.begin == 0 && range.count == from.shape[axis];
            if (range.step != 1 || (axis != 1 && !is_whole))
                return false;
        }
        if (from.layout != Layout::blocked || to.layout != Layout::blocked)
            return false;
        const int64_t channels = from.shape[1];
        const int64_t start = (*ranges)[1].begin;
        // The lanes after the last channel must be padding of the whole tensor as well, so that they hold zeros.
        if (start % 4 != 0 || ((start + to.shape[1]) % 4 != 0 && start + to.shape[1] != channels))
            return false;
        return be_part_of(to, step.inputs[0], int(start / 4));
    }

    const Graph& graph_;
    const ScheduleOptions& options_;
    Schedule schedule_;
    std::vector<std::vector<uint32_t>> slots_of_; // by value: one slot for each form
    std::vector<std::optional<Layout>> wanted_;
    MixedPrecision mixed_;                            // set if the session stores f16
    std::map<ValueId, std::optional<Layout>> states_; // inputs that are states, with their layout once it is chosen
};

} // namespace

Schedule make_schedule(const Graph& graph, const ScheduleOptions& options)
{
    Schedule schedule = Scheduler(graph, options).run();
    if (options.share_memory)
        concatenate_in_place(graph, schedule);
    resolve_memory(schedule);
    return schedule;
}

Operand operand_of(const Schedule& schedule, uint32_t index)
{
    if (index == no_slot)
        return {};
    const Slot& slot = schedule.slots[index];
    return {.shape = slot.shape,
            .type = slot.type,
            .storage = slot.storage,
            .layout = slot.layout,
            .view = slot.view,
            .buffer_bytes = schedule.slots[slot.root].bytes,
            .is_present = true};
}

} // namespace vkseg
