#include "runtime/plan_steps.hpp"

#include "base/try.hpp"
#include "ops/movement/copy.hpp"
#include "runtime/built_kernels.hpp"
#include "runtime/specialize.hpp"
#include "transfer/group_counts.h"

#include <algorithm>
#include <map>

namespace vkseg {
namespace {

constexpr size_t max_launches = size_t(1) << 18; // about 1 KiB each
constexpr size_t listed_failures = 50;

class StepPlanner
{
public:
    StepPlanner(Program& program, const Limits& limits, const ScheduleOptions& options)
        : program_(program)
        , limits_(limits)
        , allow_winograd_(options.allow_winograd)
        , tuned_(options.tuned)
        , is_checked_(program.graph.values.size())
    {}

    Result<std::vector<Lifetime>> run()
    {
        std::string failures;
        size_t failure_count = 0;
        StatusCode code = StatusCode::ok;
        for (size_t i = 0; i < program_.schedule.steps.size(); ++i)
        {
            if (program_.launches.size() > max_launches)
                return Status(StatusCode::out_of_memory,
                              step_name(program_.schedule.steps[i - 1]) + ": a network of more than " +
                                  std::to_string(max_launches) + " kernel launches cannot be planned");
            const Status status = plan_step(uint32_t(i));
            if (status.is_ok())
                continue;
            code = code == StatusCode::ok ? status.code() : code;
            if (failure_count++ < listed_failures)
                failures += failures.empty() ? status.message() : "\n  " + status.message();
        }
        if (failure_count > listed_failures)
            failures += "\n  and " + std::to_string(failure_count - listed_failures) + " more";
        if (code != StatusCode::ok)
            return Status(code, failures);
        return std::move(scratch_);
    }

private:
    Status plan_step(uint32_t index)
    {
        const Step& step = program_.schedule.steps[index];
        switch (step.kind)
        {
        case Step::Kind::node:
            return plan_node(index);
        case Step::Kind::conversion:
            return plan_conversion_step(index);
        case Step::Kind::input:
            return plan_input(index, step.outputs[0]);
        case Step::Kind::output:
            return plan_output(index, step.inputs[0]);
        }
        return {};
    }

    Status plan_input(uint32_t index, uint32_t slot)
    {
        const Operand tensor = bound_operand(slot);
        if (tensor.storage == Storage::i8)
            return no_conversion(slot);
        if (tensor.storage == Storage::u8) // kernels read the host's buffer directly
            return {};
        const HostTransfer& transfer = program_.host.inputs[program_.host.of_step[index]];
        VKSEG_ASSIGN(Plan plan,
                     plan_host_transfer(Shader::convert_in, "input '" + value_name(slot) + "'", tensor, transfer));
        for (Dispatch& dispatch : plan.dispatches)
            add_launch(index, std::move(dispatch), slot_memory(slot),
                       host_memory(MemoryReference::Kind::from_host, transfer));
        return {};
    }

    Status plan_output(uint32_t index, uint32_t slot)
    {
        const Operand tensor = bound_operand(slot);
        if (tensor.storage == Storage::i8)
            return no_conversion(slot);
        if (tensor.storage == Storage::u8)
        {
            program_.copies.push_back({.from = slot_memory(slot), .output = program_.host.of_step[index]});
            return {};
        }
        const HostTransfer& transfer = program_.host.outputs[program_.host.of_step[index]];
        VKSEG_ASSIGN(Plan plan,
                     plan_host_transfer(Shader::convert_out, "output '" + value_name(slot) + "'", tensor, transfer));
        const std::vector<std::optional<MemoryReference>> group_counts = add_group_counts(index, plan);
        for (size_t i = 0; i < plan.dispatches.size(); ++i)
        {
            add_launch(index, std::move(plan.dispatches[i]), host_memory(MemoryReference::Kind::to_host, transfer),
                       slot_memory(slot));
            program_.launches.back().group_count = group_counts[i];
        }
        return {};
    }

    Result<Plan> plan_host_transfer(Shader shader, const std::string& what, const Operand& tensor,
                                    const HostTransfer& transfer)
    {
        const auto plan_for = [&](const PlanRules& rules)
        { return plan_transfer(shader, what, tensor, transfer, rules.limits); };
        return plan_with_built_kernels(limits_, nullptr, plan_for);
    }

    std::string value_name(uint32_t slot) const
    {
        return program_.graph.values[program_.schedule.slots[slot].value].name;
    }

    /// Fails if a constant does not fit the device's 32-bit integers.
    Status check_integers(const Slot& slot)
    {
        if (slot.place != Slot::Place::constant || slot.storage != Storage::i32)
            return {};
        const ValueId id = program_.schedule.slots[slot.root].value;
        const Value& value = program_.graph.values[id];
        if (is_checked_[id])
            return {};
        for (const int64_t integer : value.constant->to_integers())
        {
            if (integer < INT32_MIN || integer > INT32_MAX)
                return Status(StatusCode::unsupported, "constant '" + value.name +
                                                           "': the device's integers have 32 bits, got " +
                                                           std::to_string(integer));
        }
        is_checked_[id] = true;
        return {};
    }

    std::string step_name(const Step& step) const
    {
        if (step.kind == Step::Kind::node)
            return describe(program_.graph.nodes[step.node]);
        return "tensor '" + value_name(step.kind == Step::Kind::output ? step.inputs[0] : step.outputs[0]) + "'";
    }

    Status plan_node(uint32_t index)
    {
        const Step& step = program_.schedule.steps[index];
        const Node& node = program_.graph.nodes[step.node];
        std::vector<Operand> inputs;
        std::vector<Operand> outputs;
        for (const uint32_t slot : step.inputs)
        {
            inputs.push_back(bound_operand(slot));
            if (slot != no_slot)
            {
                const Status status = check_integers(program_.schedule.slots[slot]);
                if (!status.is_ok())
                    return status.with_context(describe(node));
            }
        }
        for (const uint32_t slot : step.outputs)
            outputs.push_back(bound_operand(slot));
        const std::vector<TensorInfo> infos = infos_of(program_.graph, node);
        const ConvolutionChoice* choice = nullptr;
        if (tuned_ != nullptr)
            choice = tuned_->find(TunedChoices::key_of(node.op, infos, outputs.front().shape, step.real,
                                                       allow_winograd_, limits_.preferences.multiplies_halves));
        const auto plan_for = [&](const PlanRules& rules)
        {
            return vkseg::plan(node.op, {.inputs = inputs,
                                         .outputs = outputs,
                                         .infos = infos,
                                         .limits = rules.limits,
                                         .real = step.real,
                                         .allow_winograd = allow_winograd_ && rules.allow_winograd,
                                         .choice = rules.choice});
        };
        const Result<Plan> plan = plan_with_built_kernels(limits_, choice, plan_for);
        if (!plan.is_ok())
            return plan.status().with_context(describe(node));
        const Status status = add_plan(index, *plan);
        return status.is_ok() ? status : status.with_context(describe(node));
    }

    Status no_conversion(uint32_t slot) const
    {
        return Status(StatusCode::unsupported, "tensor '" + value_name(slot) +
                                                   "': the bytes of a ByteConv are read and written by Chain and "
                                                   "ByteConv only");
    }

    Status plan_conversion_step(uint32_t index)
    {
        const Step& step = program_.schedule.steps[index];
        const Operand from = bound_operand(step.inputs[0]);
        const Operand to = bound_operand(step.outputs[0]);
        if ((from.storage == Storage::u8) != (to.storage == Storage::u8))
            return Status(StatusCode::unsupported,
                          "tensor '" + value_name(step.inputs[0]) +
                              "': PictureToTensor and TensorToMask read u8 from graph inputs and write u8 to graph "
                              "outputs, but another node computes or reads this one");
        if (from.storage == Storage::i8 || to.storage == Storage::i8)
            return no_conversion(step.inputs[0]);
        if (from.layout != to.layout) // other conversions are elementwise, in shares
        {
            VKSEG_TRY(check_binding("tensor '" + value_name(step.inputs[0]) + "'", from, limits_));
            VKSEG_TRY(check_binding("tensor '" + value_name(step.inputs[0]) + "'", to, limits_));
        }
        const auto plan_for = [&](const PlanRules& rules) { return plan_conversion(from, to, rules.limits); };
        VKSEG_ASSIGN(const Plan plan, plan_with_built_kernels(limits_, nullptr, plan_for));
        return add_plan(index, plan);
    }

    /// Adds a node's launches, with their bindings resolved to memory of the program.
    Status add_plan(uint32_t index, const Plan& plan)
    {
        const Step& step = program_.schedule.steps[index];
        std::vector<uint32_t> weight_indices;
        for (const WeightLayout& layout : plan.weight_layouts)
            weight_indices.push_back(add_packed_weights(step, layout));
        std::vector<uint32_t> scratch_indices;
        for (const size_t bytes : plan.scratch_bytes)
            scratch_indices.push_back(add_scratch(index, bytes));
        const std::vector<std::optional<MemoryReference>> group_counts = add_group_counts(index, plan);
        for (size_t i = 0; i < plan.dispatches.size(); ++i)
        {
            const Dispatch& dispatch = plan.dispatches[i];
            std::vector<MemoryReference> memory;
            for (const Binding& binding : dispatch.bindings)
            {
                MemoryReference reference;
                switch (binding.kind)
                {
                case Binding::Kind::input:
                    reference = slot_memory(step.inputs[binding.index]);
                    break;
                case Binding::Kind::output:
                    reference = slot_memory(step.outputs[binding.index]);
                    break;
                case Binding::Kind::weights:
                    reference = {.kind = MemoryReference::Kind::weights, .index = weight_indices[binding.index]};
                    break;
                case Binding::Kind::scratch:
                    reference = {.kind = MemoryReference::Kind::scratch,
                                 .index = scratch_indices[binding.index],
                                 .size_bytes = plan.scratch_bytes[binding.index]};
                    break;
                }
                memory.push_back(window_of(reference, binding));
            }
            add_launch(index, dispatch, std::move(memory));
            program_.launches.back().group_count = group_counts[i];
        }
        return {};
    }

    /// Adds launches that compute how many workgroups the valid batch entries of a step take. Returns for each dispatch
    /// of the plan where its group count lies, if it is computed.
    std::vector<std::optional<MemoryReference>> add_group_counts(uint32_t index, const Plan& plan)
    {
        std::vector<std::optional<MemoryReference>> places(plan.dispatches.size());
        const uint32_t count = program_.schedule.steps[index].count;
        if (count == no_slot)
            return places;
        contract::GroupCounts push = {};
        std::optional<MemoryReference> memory;
        const auto flush = [&]
        {
            if (push.requests == 0)
                return;
            push.count_offset = bound_operand(count).view.offset * 4;
            Dispatch dispatch = {.shader = Shader::group_counts,
                                 .workgroup_size = {1, 1, 1},
                                 .push_constants = push,
                                 .bindings = {output(), input(0)}};
            add_launch(index, std::move(dispatch), *memory, slot_memory(count));
            push = {};
        };
        for (size_t i = 0; i < plan.dispatches.size(); ++i)
        {
            const std::optional<BatchSpan>& span = plan.dispatches[i].batch_span;
            const std::array<uint32_t, 3>& groups = plan.dispatches[i].workgroup_count;
            // A request holds 16 bits of each, and their product with the number of entries must fit 32 bits.
            const auto fits = [&](uint32_t along_axis)
            { return along_axis <= 0xffff && uint64_t(along_axis + 1) * uint32_t(span->count) <= UINT32_MAX; };
            if (!span || !std::ranges::all_of(groups, fits))
                continue;
            if (push.requests == 0)
            {
                const size_t bytes = contract::max_group_count_requests * contract::group_count_bytes;
                memory = {
                    .kind = MemoryReference::Kind::scratch, .index = add_scratch(index, bytes), .size_bytes = bytes};
            }
            push.request[push.requests] = {.groups_xy = groups[0] | groups[1] << 16,
                                           .groups_z_axis = groups[2] | span->axis << 16,
                                           .first = span->first,
                                           .count = span->count};
            places[i] = memory;
            places[i]->offset_bytes = size_t(push.requests) * contract::group_count_bytes;
            places[i]->size_bytes = contract::group_count_bytes;
            if (++push.requests == contract::max_group_count_requests)
                flush();
        }
        flush();
        return places;
    }

    uint32_t add_scratch(uint32_t step, size_t bytes)
    {
        scratch_.push_back({.bytes = bytes, .first_step = int(step), .last_step = int(step), .is_scratch = true});
        return uint32_t(scratch_.size() - 1);
    }

    uint32_t add_weights(const Weights& weights)
    {
        const auto [position, is_new] = weight_index_.emplace(weights.key, uint32_t(program_.weights.size()));
        if (is_new)
            program_.weights.push_back(weights);
        return position->second;
    }

    uint32_t add_packed_weights(const Step& step, const WeightLayout& layout)
    {
        const std::vector<ValueId>& outputs = program_.graph.nodes[step.node].outputs;
        const ValueId first = *std::find_if(outputs.begin(), outputs.end(), [](ValueId id) { return id != no_value; });
        return add_weights({.key = {.value = first, .layout = layout, .storage = step.real}, .node = step.node});
    }

    /// Bytes of a slot in its root's memory, from the last bindable offset at or before the slot: launches on different
    /// slices of a tensor then touch disjoint ranges, and need not wait for each other.
    struct Window
    {
        size_t offset_bytes = 0;
        size_t size_bytes = 0;
    };

    Window window_of(uint32_t index) const
    {
        const Operand tensor = operand_of(program_.schedule, index);
        const size_t element = element_bytes(tensor.storage);
        const size_t begin = size_t(tensor.view.offset) * element;
        const size_t elements = tensor.layout == Layout::linear
                                    ? size_t(tensor.elements4())
                                    : size_t(tensor.batch() - 1) * size_t(tensor.view.batch_pitch) +
                                          size_t(tensor.blocks()) * size_t(tensor.view.block_pitch);
        const size_t alignment = std::max(limits_.storage_buffer_alignment_bytes, limits_.texel_buffer_alignment_bytes);
        const size_t aligned = begin / alignment * alignment;
        return {.offset_bytes = aligned, .size_bytes = begin + elements * element - aligned};
    }

    /// A slot as an operand relative to its window.
    Operand bound_operand(uint32_t index) const
    {
        Operand operand = operand_of(program_.schedule, index);
        if (!operand.is_present)
            return operand;
        const Window window = window_of(index);
        operand.view.offset -= int(window.offset_bytes / element_bytes(operand.storage));
        operand.buffer_bytes = window.size_bytes;
        return operand;
    }

    MemoryReference slot_memory(uint32_t index)
    {
        assert(index != no_slot);
        const Slot& root = program_.schedule.slots[program_.schedule.slots[index].root];
        const Window window = window_of(index);
        switch (root.place)
        {
        case Slot::Place::constant: {
            const auto kind = root.layout == Layout::blocked ? WeightKey::Kind::blocked : WeightKey::Kind::linear;
            const uint32_t weights =
                add_weights({.key = {.value = root.value, .kind = kind, .storage = root.storage}, .value = root.value});
            return {.kind = MemoryReference::Kind::weights,
                    .index = weights,
                    .offset_bytes = window.offset_bytes,
                    .size_bytes = window.size_bytes};
        }
        case Slot::Place::input: {
            const auto transfer =
                std::find_if(program_.host.inputs.begin(), program_.host.inputs.end(),
                             [&](const HostTransfer& input)
                             { return input.is_bytes && program_.graph.inputs[input.index] == root.value; });
            assert(transfer != program_.host.inputs.end());
            return host_memory(MemoryReference::Kind::from_host, *transfer);
        }
        case Slot::Place::activation:
            break;
        }
        return {.kind = MemoryReference::Kind::slot,
                .index = program_.schedule.slots[index].root,
                .offset_bytes = window.offset_bytes,
                .size_bytes = window.size_bytes};
    }

    static MemoryReference host_memory(MemoryReference::Kind kind, const HostTransfer& transfer)
    {
        return {.kind = transfer.is_state ? MemoryReference::Kind::states : kind,
                .index = 0,
                .offset_bytes = transfer.offset_bytes,
                .size_bytes = transfer.size_bytes};
    }

    static MemoryReference window_of(MemoryReference memory, const Binding& binding)
    {
        memory.offset_bytes += binding.offset_bytes;
        if (binding.size_bytes != 0)
            memory.size_bytes = binding.size_bytes;
        return memory;
    }

    /// Adds a launch of a kernel with two bindings.
    void add_launch(uint32_t step, Dispatch dispatch, const MemoryReference& written, const MemoryReference& read)
    {
        std::vector<MemoryReference> memory = {window_of(written, dispatch.bindings[0]),
                                               window_of(read, dispatch.bindings[1])};
        add_launch(step, std::move(dispatch), std::move(memory));
    }

    void add_launch(uint32_t step, Dispatch dispatch, std::vector<MemoryReference> memory)
    {
        program_.launches.push_back({.dispatch = std::move(dispatch), .memory = std::move(memory), .step = step});
    }

    Program& program_;
    const Limits& limits_;
    bool allow_winograd_;
    const TunedChoices* tuned_;
    std::vector<Lifetime> scratch_;
    std::map<WeightKey, uint32_t> weight_index_;
    std::vector<bool> is_checked_; ///< by value: its integers fit the device's 32 bits
};

} // namespace

Result<std::vector<Lifetime>> plan_steps(Program& program, const ScheduleOptions& options, const Limits& limits)
{
    return StepPlanner(program, limits, options).run();
}

} // namespace vkseg
