#include "runtime/schedule.hpp"

#include "ops/shape_rules.hpp"
#include "ops/slice_ranges.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <array>

namespace vkseg {
namespace {

bool can_be_blocked(const Shape& shape)
{
    return shape.rank() >= 2 && shape.rank() <= 5;
}

/// How a value is stored: in either layout, or, if it is a picture or mask for the node that reads or writes it, as
/// bytes.
enum class Form : uint8_t
{
    blocked,
    linear,
    bytes
};
constexpr Form all_forms[] = {Form::blocked, Form::linear, Form::bytes};

Form form_of(Layout layout)
{
    return layout == Layout::blocked ? Form::blocked : Form::linear;
}

/// Builds the steps in the graph's order, adding changes of layout where a node needs them.
class Scheduler
{
public:
    Scheduler(const Graph& graph, const ScheduleOptions& options)
        : graph_(graph)
        , options_(options)
        , slots_of_(graph.values.size(), {no_slot, no_slot, no_slot})
        , wanted_(graph.values.size())
    {
        find_wanted_layouts();
    }

    Schedule run()
    {
        for (size_t i = 0; i < graph_.nodes.size(); ++i)
            schedule_node(uint32_t(i));
        for (size_t i = 0; i < graph_.outputs.size(); ++i)
        {
            const ValueId id = graph_.outputs[i];
            if (!graph_.values[id].constant)
                schedule_.steps.push_back(
                    {.kind = Step::Kind::output, .node = uint32_t(i), .inputs = {output_slot(id)}, .outputs = {}});
        }
        return std::move(schedule_);
    }

private:
    /// The layout that the first reader which cares wants a value to have; readers that do not care pass the question
    /// on.
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
                if (node->inputs[i] != no_value && layout && is_data_input(node->op, infos, i))
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

    /// Of the inputs that lie on the device already: changing the layout of the largest would cost most.
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
                if (slot_of(id, form_of(candidate)) != no_slot)
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
        Step step = {.kind = Step::Kind::node, .node = index, .inputs = {}, .outputs = {}};
        for (size_t i = 0; i < node.inputs.size(); ++i)
        {
            const ValueId id = node.inputs[i];
            if (id == no_value || !is_data_input(node.op, infos, i))
                step.inputs.push_back(no_slot);
            else if (rule == LayoutRule::any)
                step.inputs.push_back(any_slot(id, layout));
            else
                step.inputs.push_back(slot_in(id, form_for(node.op, id, layout)));
        }
        for (const ValueId id : node.outputs)
        {
            if (id == no_value)
                step.outputs.push_back(no_slot);
            else
                step.outputs.push_back(add_slot(id, form_for(node.op, id, layout)));
        }
        if (!share_input(node, step))
            schedule_.steps.push_back(std::move(step));
    }

    /// The form in which a node reads or writes a value, if the node works in `layout`.
    Form form_for(const Op& op, ValueId id, Layout layout) const
    {
        const Value& value = graph_.values[id];
        if (value.type == DType::u8 && has_picture_bytes(op))
            return Form::bytes;
        return can_be_blocked(value.shape) ? form_of(layout) : Form::linear;
    }

    Storage storage_of(ValueId id, Form form) const
    {
        if (form == Form::bytes)
            return Storage::u8;
        return is_float(graph_.values[id].type) ? options_.real : Storage::i32;
    }

    uint32_t& slot_of(ValueId id, Form form) { return slots_of_[id][size_t(form)]; }
    uint32_t slot_of(ValueId id, Form form) const { return slots_of_[id][size_t(form)]; }

    uint32_t add_slot(ValueId id, Form form)
    {
        const Value& value = graph_.values[id];
        assert(!is_empty(value.shape)); // specialize leaves none to read or compute
        const uint32_t index = uint32_t(schedule_.slots.size());
        Slot slot = {.value = id,
                     .shape = value.shape,
                     .type = value.type,
                     .storage = storage_of(id, form),
                     .layout = form == Form::blocked ? Layout::blocked : Layout::linear};
        if (value.constant)
            slot.place = Slot::Place::constant;
        slot.parent = index;
        schedule_.slots.push_back(slot);
        slot_of(id, form) = index;
        return index;
    }

    /// The first slot that a value has, in the order of `forms`; no_slot if it has none.
    uint32_t first_slot(ValueId id, std::span<const Form> forms) const
    {
        const auto form =
            std::find_if(forms.begin(), forms.end(), [&](Form candidate) { return slot_of(id, candidate) != no_slot; });
        return form == forms.end() ? no_slot : slot_of(id, *form);
    }

    /// A slot in either layout, in `preferred` if there is a choice.
    uint32_t any_slot(ValueId id, Layout preferred)
    {
        const bool is_blocked = preferred == Layout::blocked;
        const Form forms[] = {is_blocked ? Form::blocked : Form::linear, is_blocked ? Form::linear : Form::blocked};
        const uint32_t slot = first_slot(id, forms);
        if (slot != no_slot)
            return slot;
        return slot_in(id, can_be_blocked(graph_.values[id].shape) ? forms[0] : Form::linear);
    }

    uint32_t output_slot(ValueId id)
    {
        const uint32_t slot = first_slot(id, all_forms);
        return slot == no_slot ? slot_in(id, Form::linear) : slot;
    }

    /// The slot of a value in a form. The first to ask for it makes a step: an input is read from the host in each
    /// form, other values are converted from the form that they were computed in.
    uint32_t slot_in(ValueId id, Form form)
    {
        if (slot_of(id, form) != no_slot)
            return slot_of(id, form);
        const uint32_t other = first_slot(id, all_forms);
        const uint32_t slot = add_slot(id, form);
        if (graph_.values[id].constant)
            return slot;
        const auto input = std::find(graph_.inputs.begin(), graph_.inputs.end(), id);
        if (input != graph_.inputs.end())
        {
            if (form == Form::bytes)
                schedule_.slots[slot].place = Slot::Place::input;
            schedule_.steps.push_back({.kind = Step::Kind::input,
                                       .node = uint32_t(input - graph_.inputs.begin()),
                                       .inputs = {},
                                       .outputs = {slot}});
            return slot;
        }
        assert(other != no_slot);
        schedule_.steps.push_back({.kind = Step::Kind::conversion, .node = 0, .inputs = {other}, .outputs = {slot}});
        return slot;
    }

    /// Reshapes and slices of channels that are only another view of their input need no step. True if that is so.
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
        // The lanes behind the last channel must be padding of the whole as well, so that they hold zeros.
        if (start % 4 != 0 || ((start + to.shape[1]) % 4 != 0 && start + to.shape[1] != channels))
            return false;
        return be_part_of(to, step.inputs[0], int(start / 4));
    }

    const Graph& graph_;
    const ScheduleOptions& options_;
    Schedule schedule_;
    std::vector<std::array<uint32_t, std::size(all_forms)>> slots_of_; // by value and form
    std::vector<std::optional<Layout>> wanted_;
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
