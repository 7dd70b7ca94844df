#include "runtime/program.hpp"

#include "base/try.hpp"
#include "ops/copy.hpp"
#include "runtime/built_kernels.hpp"
#include "runtime/specialize.hpp"
#include "runtime/waits.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace vkseg {
namespace {

constexpr size_t most_launches = size_t(1) << 18; // about 1 KiB each
constexpr size_t listed_failures = 50;

Outputs output_infos(const Graph& graph, const Node& node)
{
    Outputs outputs;
    for (const ValueId id : node.outputs)
    {
        outputs.push_back({.is_present = id != no_value});
        if (id != no_value)
            outputs.back() = {.type = graph.values[id].type, .shape = graph.values[id].shape};
    }
    return outputs;
}

size_t moved_bytes(const Program& program, uint32_t index)
{
    const Step& step = program.schedule.steps[index];
    const auto stored_bytes = [](const Operand& tensor)
    { return size_t(tensor.elements4()) * element_bytes(tensor.storage); };
    size_t bytes = 0;
    std::set<uint32_t> slots(step.inputs.begin(), step.inputs.end());
    slots.insert(step.outputs.begin(), step.outputs.end());
    for (const uint32_t slot : slots)
        bytes += slot == no_slot ? 0 : stored_bytes(operand_of(program.schedule, slot));
    switch (step.kind)
    {
    case Step::Kind::node: {
        const std::vector<ValueId>& inputs = program.graph.nodes[step.node].inputs;
        for (size_t i = 0; i < inputs.size(); ++i)
        {
            const bool is_packed = inputs[i] != no_value && step.inputs[i] == no_slot;
            if (is_packed && program.graph.values[inputs[i]].constant && is_float(program.graph.values[inputs[i]].type))
                bytes += size_t(program.graph.values[inputs[i]].shape.elements()) * element_bytes(step.real) / 4;
        }
        return bytes;
    }
    case Step::Kind::input:
        return bytes + program.host.inputs[program.host.of_step[index]].visible_bytes();
    case Step::Kind::output:
        return bytes + program.host.outputs[program.host.of_step[index]].visible_bytes();
    case Step::Kind::conversion:
        break;
    }
    return bytes;
}

class Programmer
{
public:
    Programmer(Program& program, const Limits& limits, const ScheduleOptions& options)
        : program_(program)
        , limits_(limits)
        , allow_winograd_(options.allow_winograd)
        , tuned_(options.tuned)
        , is_checked_(program.graph.values.size())
    {}

    Status run(bool reuse_memory)
    {
        program_.host = lay_out_transfers(program_.graph, program_.schedule);
        std::string failures;
        size_t failure_count = 0;
        StatusCode code = StatusCode::ok;
        for (size_t i = 0; i < program_.schedule.steps.size(); ++i)
        {
            if (program_.launches.size() > most_launches)
                return Status(StatusCode::out_of_memory,
                              step_name(program_.schedule.steps[i - 1]) + ": a network of more than " +
                                  std::to_string(most_launches) + " kernel launches cannot be planned");
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
        place_activations(reuse_memory);
        mark_waits();
        return {};
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
        if (tensor.storage == Storage::u8)
        {
            program_.copies.push_back({.from = slot_memory(slot), .output = program_.host.of_step[index]});
            return {};
        }
        const HostTransfer& transfer = program_.host.outputs[program_.host.of_step[index]];
        VKSEG_ASSIGN(Plan plan,
                     plan_host_transfer(Shader::convert_out, "output '" + value_name(slot) + "'", tensor, transfer));
        for (Dispatch& dispatch : plan.dispatches)
            add_launch(index, std::move(dispatch), host_memory(MemoryReference::Kind::to_host, transfer),
                       slot_memory(slot));
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

    std::string node_name(const Node& node) const { return "node '" + node.name + "' (" + name(node.op) + ")"; }

    std::string step_name(const Step& step) const
    {
        if (step.kind == Step::Kind::node)
            return node_name(program_.graph.nodes[step.node]);
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
                    return status.with_context(node_name(node));
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
            return plan.status().with_context(node_name(node));
        const Status status = add_plan(index, *plan);
        return status.is_ok() ? status : status.with_context(node_name(node));
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
        VKSEG_TRY(check_binding("tensor '" + value_name(step.inputs[0]) + "'", from, limits_));
        VKSEG_TRY(check_binding("tensor '" + value_name(step.inputs[0]) + "'", to, limits_));
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
        {
            scratch_indices.push_back(uint32_t(scratch_.size()));
            scratch_.push_back({.bytes = bytes, .first_step = int(index), .last_step = int(index), .is_scratch = true});
        }
        for (const Dispatch& dispatch : plan.dispatches)
        {
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
                    reference = {.kind = MemoryReference::Kind::arena,
                                 .index = scratch_mark | scratch_indices[binding.index],
                                 .size_bytes = plan.scratch_bytes[binding.index]};
                    break;
                }
                memory.push_back(window_of(reference, binding));
            }
            add_launch(index, dispatch, std::move(memory));
        }
        return {};
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

    /// Until arenas are placed, the index of an arena is a slot or, with scratch_mark, a scratch buffer.
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
        return {.kind = MemoryReference::Kind::arena,
                .index = program_.schedule.slots[index].root,
                .offset_bytes = window.offset_bytes,
                .size_bytes = window.size_bytes};
    }

    static MemoryReference host_memory(MemoryReference::Kind kind, const HostTransfer& transfer)
    {
        return {.kind = kind, .index = 0, .offset_bytes = transfer.offset_bytes, .size_bytes = transfer.size_bytes};
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

    void place_activations(bool reuse)
    {
        const std::vector<Slot>& slots = program_.schedule.slots;
        std::vector<Lifetime> lifetimes;
        std::vector<uint32_t> lifetime_of(slots.size());
        for (size_t i = 0; i < slots.size(); ++i)
        {
            const Slot& slot = slots[i];
            if (slot.root != i || slot.place != Slot::Place::activation || slot.first_step < 0)
                continue;
            lifetime_of[i] = uint32_t(lifetimes.size());
            lifetimes.push_back({.bytes = slot.bytes, .first_step = slot.first_step, .last_step = slot.last_step});
            if (slot.storage == Storage::u8) // copied to the host after the last step
                lifetimes.back().last_step = int(program_.schedule.steps.size());
        }
        const size_t first_scratch = lifetimes.size();
        lifetimes.insert(lifetimes.end(), scratch_.begin(), scratch_.end());
        program_.memory = plan_memory(
            lifetimes, {.alignment_bytes = 256, .max_arena_bytes = limits_.max_allocation_bytes, .reuse = reuse});
        const auto place = [&](MemoryReference& reference)
        {
            if (reference.kind != MemoryReference::Kind::arena)
                return;
            const size_t index = (reference.index & scratch_mark) != 0
                                     ? first_scratch + (reference.index & ~scratch_mark)
                                     : lifetime_of[reference.index];
            reference.index = program_.memory.placements[index].arena;
            reference.offset_bytes += program_.memory.placements[index].offset_bytes;
        };
        for (Launch& launch : program_.launches)
            std::for_each(launch.memory.begin(), launch.memory.end(), place);
        for (ByteCopy& copy : program_.copies)
            place(copy.from);
    }

    void mark_waits()
    {
        std::vector<std::vector<MemoryAccess>> accesses;
        WrittenBindings known;
        for (const Launch& launch : program_.launches)
            accesses.push_back(accesses_of(launch, known));
        const std::vector<bool> waits = find_waits(accesses);
        for (size_t i = 0; i < waits.size(); ++i)
            program_.launches[i].waits = waits[i];
    }

    static constexpr uint32_t scratch_mark = 0x80000000u;

    Program& program_;
    const Limits& limits_;
    bool allow_winograd_;
    const TunedChoices* tuned_;
    std::vector<Lifetime> scratch_;
    std::map<WeightKey, uint32_t> weight_index_;
    std::vector<bool> is_checked_; ///< by value: its integers fit the device's 32 bits
};

} // namespace

Result<Program> make_program(Graph graph, const ScheduleOptions& options, const Limits& limits, bool reuse_memory)
{
    Program program;
    program.graph = std::move(graph);
    program.results = program.graph.outputs.size();
    program.schedule = make_schedule(program.graph, options);
    VKSEG_TRY(Programmer(program, limits, options).run(reuse_memory));
    for (const Node& node : program.graph.nodes)
        program.multiply_adds.push_back(
            multiply_adds(node.op, infos_of(program.graph, node), output_infos(program.graph, node)));
    for (size_t i = 0; i < program.schedule.steps.size(); ++i)
        program.moved_bytes.push_back(moved_bytes(program, uint32_t(i)));
    return program;
}

} // namespace vkseg
