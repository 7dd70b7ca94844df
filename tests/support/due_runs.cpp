#include "support/due_runs.hpp"

#include "runtime/pipeline_keys.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace vkseg::test {
namespace {

/// The minimum device is another one of the first device's driver.
std::string driver_of(const TestDevice& device)
{
    return device.name.substr(0, device.name.find(", minimum limits"));
}

using Module = const uint32_t*;
using Pipeline = std::tuple<Module, Specialization, uint32_t, bool>;

/// Modules that each driver has compiled, and pipelines that each device has.
struct Compiled
{
    std::map<std::string, std::set<Module>> modules;
    std::map<std::string, std::set<Pipeline>> pipelines;
};

} // namespace

size_t next_turn()
{
    static size_t turn = 0;
    return turn++;
}

std::vector<TestDevice> devices_of_turn(size_t turn)
{
    const std::vector<TestDevice>& all = devices();
    if (runs_all() || all.empty())
        return all;
    return {all[turn % all.size()]};
}

std::vector<std::pair<TestDevice, Precision>> runs_of_turn(size_t turn)
{
    const std::vector<TestDevice> in_turn = devices_of_turn(turn);
    std::vector<std::pair<TestDevice, Precision>> runs;
    for (const TestDevice& device : devices())
    {
        const bool has_turn = std::ranges::find(in_turn, device.name, &TestDevice::name) != in_turn.end();
        if (has_turn)
            runs.emplace_back(device, Precision::f16);
        if (!has_turn || in_turn.size() == devices().size())
            runs.emplace_back(device, Precision::f32);
    }
    return runs;
}

std::optional<size_t> turn_of(size_t number, Precision precision)
{
    if (precision != Precision::f16)
        return number;
    if (number % 11 != 0) // has no divisor in common with usual numbers of devices, so that each gets a turn
        return std::nullopt;
    return number + 1;
}

bool is_due(const TestDevice& device, const Program& program, std::optional<size_t> turn)
{
    if (runs_all())
        return true;
    static Compiled compiled;
    std::set<Module>& modules = compiled.modules[driver_of(device)];
    std::set<Pipeline>& pipelines = compiled.pipelines[device.name];
    bool has_new_module = false;
    bool has_new_pipeline = false;
    const std::vector<TestDevice> in_turn = turn ? devices_of_turn(*turn) : std::vector<TestDevice>();
    const bool has_turn = std::ranges::find(in_turn, device.name, &TestDevice::name) != in_turn.end();
    const std::vector<vk::PipelineKey> keys = pipeline_keys(program);
    const auto pipeline_of = [](const vk::PipelineKey& key)
    { return Pipeline(key.spirv.data(), key.specialization, key.texel_buffer_mask, key.narrows_subgroups); };
    for (const vk::PipelineKey& key : keys)
    {
        has_new_module = has_new_module || !modules.contains(key.spirv.data());
        has_new_pipeline = has_new_pipeline || !pipelines.contains(pipeline_of(key));
    }
    if (has_new_pipeline && !has_new_module && !has_turn)
        return false;
    for (const vk::PipelineKey& key : keys)
    {
        modules.insert(key.spirv.data());
        pipelines.insert(pipeline_of(key));
    }
    return true;
}

} // namespace vkseg::test
