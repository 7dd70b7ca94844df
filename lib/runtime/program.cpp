#include "runtime/program.hpp"

#include "base/trace.hpp"
#include "base/try.hpp"
#include "runtime/place_memory.hpp"
#include "runtime/plan_steps.hpp"
#include "runtime/specialize.hpp"
#include "runtime/waits.hpp"

#include <set>

namespace vkseg {
namespace {

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

void mark_waits(Program& program)
{
    std::vector<std::vector<MemoryAccess>> accesses;
    WrittenBindings known;
    for (const Launch& launch : program.launches)
        accesses.push_back(accesses_of(launch, known));
    const std::vector<bool> waits = find_waits(accesses);
    for (size_t i = 0; i < waits.size(); ++i)
        program.launches[i].waits = waits[i];
}

} // namespace

Result<Program> make_program(Graph graph, const ScheduleOptions& options, const Limits& limits, bool reuse_memory)
{
    Program program;
    program.graph = std::move(graph);
    program.results = program.graph.outputs.size();
    ScopedSpan span("plan", "schedule");
    program.schedule = make_schedule(program.graph, options);
    program.host = lay_out_transfers(program.graph, program.schedule);
    span.next("choose kernels");
    VKSEG_ASSIGN(const std::vector<Lifetime> scratch, plan_steps(program, options, limits));
    span.next("place memory");
    place_memory(program, scratch, limits, reuse_memory);
    mark_waits(program);
    for (const Node& node : program.graph.nodes)
        program.multiply_adds.push_back(
            multiply_adds(node.op, infos_of(program.graph, node), output_infos(program.graph, node)));
    for (size_t i = 0; i < program.schedule.steps.size(); ++i)
        program.moved_bytes.push_back(moved_bytes(program, uint32_t(i)));
    return program;
}

} // namespace vkseg
