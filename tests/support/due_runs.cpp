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

std::vector<TestDevice> devices_from_turn(size_t turn)
{
    std::vector<TestDevice> all = devices();
    if (!all.empty())
        std::rotate(all.begin(), all.begin() + ptrdiff_t(turn % all.size()), all.end());
    return all;
}

std::vector<std::pair<TestDevice, Precision>> runs_of_turn(size_t turn)
{
    std::vector<std::pair<TestDevice, Precision>> runs;
    for (const TestDevice& device : devices_of_turn(turn))
        runs.emplace_back(device, Precision::f32);
    for (const TestDevice& device : devices_of_turn(turn + 1))
        runs.emplace_back(device, Precision::f16);
    return runs;
}

bool has_turn(const TestDevice& device, size_t turn, Precision precision)
{
    // Eleven has no divisor in common with usual numbers of devices, so that each gets a turn in f16.
    const bool is_left_out = precision == Precision::f16 && turn % 11 != 0;
    return runs_all() || (!is_left_out && devices_of_turn(turn)[0].name == device.name);
}

bool is_due(const TestDevice& device, const Program& program, size_t turn, Precision precision)
{
    if (runs_all())
        return true;
    static Compiled compiled;
    std::set<Module>& modules = compiled.modules[driver_of(device)];
    std::set<Pipeline>& pipelines = compiled.pipelines[device.name];
    const auto is_new_module = [&](const vk::PipelineKey& key)
    {
        const auto has_it = [&](const auto& driver) { return driver.second.contains(key.spirv.data()); };
        return precision == Precision::f16 ? std::ranges::none_of(compiled.modules, has_it)
                                           : !modules.contains(key.spirv.data());
    };
    const auto pipeline_of = [](const vk::PipelineKey& key)
    { return Pipeline(key.spirv.data(), key.specialization, key.texel_buffer_mask, key.narrows_subgroups); };
    const auto is_new_pipeline = [&](const vk::PipelineKey& key) { return !pipelines.contains(pipeline_of(key)); };
    const std::vector<vk::PipelineKey> keys = pipeline_keys(program);
    const bool is_cheap = precision == Precision::f32 && std::ranges::none_of(keys, is_new_pipeline);
    if (!has_turn(device, turn, precision) && !is_cheap && std::ranges::none_of(keys, is_new_module))
        return false;
    for (const vk::PipelineKey& key : keys)
    {
        modules.insert(key.spirv.data());
        pipelines.insert(pipeline_of(key));
    }
    return true;
}

} // namespace vkseg::test
