#include "runtime/pipeline_keys.hpp"

#include "runtime/shader_modules.hpp"

#include <algorithm>
#include <cassert>

namespace vkseg {

std::vector<vk::PipelineKey> pipeline_keys(const Program& program)
{
    std::vector<vk::PipelineKey> keys;
    for (const Launch& launch : program.launches)
    {
        const Dispatch& dispatch = launch.dispatch;
        vk::PipelineKey key = {.shader = shader_code(dispatch.shader).name,
                               .spirv = spirv_of(dispatch.shader, dispatch.variant),
                               .narrows_subgroups = dispatch.narrows_subgroups};
        assert(!key.spirv.empty());
        key.specialization = dispatch.specialization;
        for (int axis = 0; axis < 3; ++axis)
            key.specialization.set({workgroup_size_id + axis, dispatch.workgroup_size[size_t(axis)]});
        key.binding_count = uint32_t(dispatch.bindings.size());
        for (size_t i = 0; i < dispatch.bindings.size(); ++i)
            key.texel_buffer_mask |= dispatch.bindings[i].texels ? 1u << i : 0u;
        keys.push_back(std::move(key));
    }
    return keys;
}

StepName name_of(const Program& program, const Step& step)
{
    const std::vector<uint32_t>& slots = step.outputs.empty() ? step.inputs : step.outputs;
    const uint32_t slot = *std::find_if(slots.begin(), slots.end(), [](uint32_t s) { return s != no_slot; });
    const Value& value = program.graph.values[program.schedule.slots[slot].value];
    switch (step.kind)
    {
    case Step::Kind::node: {
        const Node& node = program.graph.nodes[step.node];
        return {.node = node.name, .op = name(node.op), .shape = value.shape};
    }
    case Step::Kind::conversion:
        return {.node = value.name, .op = "layout", .shape = value.shape};
    case Step::Kind::input:
        return {.node = value.name, .op = "input", .shape = value.shape};
    case Step::Kind::output:
        return {.node = value.name, .op = "output", .shape = value.shape};
    }
    return {};
}

std::string label_of(const Program& program, uint32_t step)
{
    const StepName step_name = name_of(program, program.schedule.steps[step]);
    return step_name.node.empty() ? step_name.op : step_name.node + " (" + step_name.op + ")";
}

} // namespace vkseg
