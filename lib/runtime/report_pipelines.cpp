#include "vkseg/pipelines.hpp"

#include "base/try.hpp"
#include "runtime/count_spills.hpp"
#include "runtime/input_shapes.hpp"
#include "runtime/memory_bound.hpp"
#include "runtime/pipeline_keys.hpp"
#include "runtime/plan_program.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace vkseg {
namespace {

using Identity = std::tuple<const uint32_t*, Specialization, uint32_t, uint32_t, bool>;

Identity identity_of(const vk::PipelineKey& key)
{
    return {key.spirv.data(), key.specialization, key.binding_count, key.texel_buffer_mask, key.narrows_subgroups};
}

PipelineReport begin_report(const vk::PipelineKey& key, Storage built_for)
{
    PipelineReport report = {.shader = std::string(key.shader)};
    report.storage = built_for == Storage::f32 ? "f32" : built_for == Storage::f16 ? "f16" : "i32";
    for (const SpecializationConstant& constant : key.specialization.constants())
    {
        if (constant.id < workgroup_size_id + report.workgroup_size.size())
            report.workgroup_size[constant.id - workgroup_size_id] = constant.bits;
        else
            report.specialization_constants.emplace(constant.id, constant.bits);
    }
    report.spirv_bytes = key.spirv.size_bytes();
    return report;
}

/// True if the statistic is a hash rather than a figure.
bool is_hash(const PipelineStatistic& statistic)
{
    return statistic.name.ends_with("hash") || statistic.name.ends_with("Hash");
}

void describe(vk::Device& device, const vk::PipelineKey& key, PipelineReport& report)
{
    Result<vk::PipelineDescription> description = device.describe_pipeline(key);
    if (!description.is_ok())
    {
        report.failure = description.status().message();
        return;
    }
    report.compile_ms = description->compile_ms;
    report.executables = std::move(description->executables);
    for (PipelineExecutable& executable : report.executables)
        std::erase_if(executable.statistics, is_hash);
    count_spills(report);
}

} // namespace

Result<std::vector<PipelineReport>> report_pipelines(const Device& device, const Graph& graph,
                                                     std::span<const NamedShape> shapes, const SessionOptions& options)
{
    VKSEG_TRY(validate(graph));
    VKSEG_TRY(check_input_shapes(graph, shapes));
    VKSEG_ASSIGN(const Program program, plan_program(device.vulkan(), graph, shapes, options, constant_bytes(graph)));
    const std::vector<vk::PipelineKey> keys = pipeline_keys(program);

    std::vector<PipelineReport> reports;
    std::vector<const vk::PipelineKey*> key_of_report;
    std::map<Identity, size_t> report_of_key;
    for (size_t i = 0; i < keys.size(); ++i)
    {
        const Launch& launch = program.launches[i];
        const auto [found, is_new] = report_of_key.emplace(identity_of(keys[i]), reports.size());
        if (is_new)
        {
            reports.push_back(begin_report(keys[i], launch.dispatch.variant));
            key_of_report.push_back(&keys[i]);
        }
        PipelineReport& report = reports[found->second];
        ++report.launches;
        report.operations += launch.dispatch.operations;
        const std::string node = name_of(program, program.schedule.steps[launch.step]).node;
        if (report.nodes.empty() || report.nodes.back() != node) // launches of a node are consecutive
            report.nodes.push_back(node);
    }
    const double progress_begin = options.tune ? tuning_share : 0;
    for (size_t i = 0; i < reports.size(); ++i)
    {
        describe(*device.vulkan(), *key_of_report[i], reports[i]);
        if (device.vulkan()->is_lost())
            return Status(StatusCode::device_lost, reports[i].failure);
        if (options.progress != nullptr)
            options.progress(progress_begin + (1 - progress_begin) * double(i + 1) / double(reports.size()),
                             options.progress_user);
    }
    return reports;
}

} // namespace vkseg
