#include "support/forced_choice.hpp"

#include "base/try.hpp"
#include "runtime/executable.hpp"
#include "runtime/specialize.hpp"

namespace vkseg::test {

Result<Program> plan_with_choice(const Device& device, const Graph& graph, Precision precision,
                                 const ConvolutionChoice& choice, int registers, bool multiplies_halves)
{
    VKSEG_ASSIGN(Graph specialized, specialize(graph, {}, false));
    const Storage real = storage_of(precision);
    Limits limits = device.vulkan()->limits();
    if (registers != 0)
        limits.preferences = {.registers = registers, .shares_pipelines = precision == Precision::f32, .lanes = 64};
    limits.preferences.multiplies_halves = multiplies_halves && limits.has_arithmetic_f16;
    TunedChoices choices;
    for (const Node& node : specialized.nodes)
    {
        const std::string key =
            TunedChoices::key_of(node.op, infos_of(specialized, node), specialized.values[node.outputs[0]].shape, real,
                                 true, limits.preferences.multiplies_halves);
        if (!key.empty())
            choices.set(key, choice);
    }
    return make_program(std::move(specialized), {.real = real, .tuned = &choices}, limits, true);
}

std::string kernels_of(const Program& program)
{
    std::string kernels;
    for (const Launch& launch : program.launches)
        kernels += std::string(shader_code(launch.dispatch.shader).name) + " ";
    return kernels;
}

Result<ForcedRun> run_with_choice(const Device& device, const Graph& graph, const std::vector<NamedTensor>& inputs,
                                  Precision precision, const ConvolutionChoice& choice, int registers,
                                  bool multiplies_halves)
{
    VKSEG_ASSIGN(Program program, plan_with_choice(device, graph, precision, choice, registers, multiplies_halves));
    std::string kernels = kernels_of(program);
    WeightStore weights(device.vulkan());
    VKSEG_ASSIGN(const std::unique_ptr<Executable> executable,
                 Executable::create(device.vulkan(), program, weights, {.precision = precision}));
    VKSEG_ASSIGN(RunResult result, executable->run(inputs));
    return ForcedRun{.output = std::move(result.outputs[0].tensor), .kernels = std::move(kernels)};
}

} // namespace vkseg::test
