#include <chrono>

#include "base/parallel.hpp"
#include "base/try.hpp"
#include "vk/device_state.hpp"

// Describes pipelines with VK_KHR_pipeline_executable_properties.

namespace vkseg::vk {
namespace {

double value_of(const VkPipelineExecutableStatisticKHR& statistic)
{
    switch (statistic.format)
    {
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR:
        return statistic.value.b32 != VK_FALSE ? 1 : 0;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR:
        return double(statistic.value.i64);
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR:
        return double(statistic.value.u64);
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR:
        return statistic.value.f64;
    default:
        return 0;
    }
}

/// All items that a Vulkan function lists: it is called once for their number, and once for the items.
template <class Item, class Function>
Result<std::vector<Item>> list_of(DeviceState& state, VkStructureType type, const char* name, const Function& function)
{
    uint32_t count = 0;
    VKSEG_TRY(state.check(function(&count, static_cast<Item*>(nullptr)), name));
    std::vector<Item> items(count, make_structure<Item>(type));
    VKSEG_TRY(state.check(function(&count, items.data()), name));
    items.resize(count);
    return items;
}

Result<std::vector<PipelineExecutable>> describe_executables(DeviceState& state, VkPipeline pipeline)
{
    // Functions of an extension that is enabled only for this purpose.
    const auto find = [&](const char* name)
    { return state.instance->functions().GetDeviceProcAddr(state.handle, name); };
    const auto get_properties =
        reinterpret_cast<PFN_vkGetPipelineExecutablePropertiesKHR>(find("vkGetPipelineExecutablePropertiesKHR"));
    const auto get_statistics =
        reinterpret_cast<PFN_vkGetPipelineExecutableStatisticsKHR>(find("vkGetPipelineExecutableStatisticsKHR"));
    if (get_properties == nullptr || get_statistics == nullptr)
        return std::vector<PipelineExecutable>();

    auto which = make_structure<VkPipelineInfoKHR>(VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR);
    which.pipeline = pipeline;
    VKSEG_ASSIGN(
        const std::vector<VkPipelineExecutablePropertiesKHR> properties,
        list_of<VkPipelineExecutablePropertiesKHR>(state, VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR,
                                                   "vkGetPipelineExecutablePropertiesKHR",
                                                   [&](uint32_t* count, VkPipelineExecutablePropertiesKHR* items)
                                                   { return get_properties(state.handle, &which, count, items); }));
    std::vector<PipelineExecutable> executables;
    for (uint32_t i = 0; i < properties.size(); i++)
    {
        auto part = make_structure<VkPipelineExecutableInfoKHR>(VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR);
        part.pipeline = pipeline;
        part.executableIndex = i;
        VKSEG_ASSIGN(
            const std::vector<VkPipelineExecutableStatisticKHR> statistics,
            list_of<VkPipelineExecutableStatisticKHR>(state, VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR,
                                                      "vkGetPipelineExecutableStatisticsKHR",
                                                      [&](uint32_t* count, VkPipelineExecutableStatisticKHR* items)
                                                      { return get_statistics(state.handle, &part, count, items); }));
        PipelineExecutable executable = {.name = properties[i].name, .subgroup_size = properties[i].subgroupSize};
        for (const VkPipelineExecutableStatisticKHR& statistic : statistics)
            executable.statistics.push_back({statistic.name, statistic.description, value_of(statistic)});
        executables.push_back(std::move(executable));
    }
    return executables;
}

} // namespace

Result<PipelineDescription> PipelineStore::describe(DeviceState& state, const PipelineKey& key)
{
    const VkPipelineCreateFlags flags =
        state.has_pipeline_statistics ? VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR : 0;
    PipelineDescription description;
    Pipeline pipeline;
    Status status;
    parallel_for(1,
                 [&](int64_t)
                 {
                     const auto start = std::chrono::steady_clock::now();
                     status = compile(state, key, VK_NULL_HANDLE, flags, pipeline);
                     description.compile_ms =
                         std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
                 });
    VKSEG_TRY(status);
    if (state.has_pipeline_statistics)
    {
        Result<std::vector<PipelineExecutable>> executables = describe_executables(state, pipeline.handle);
        status = executables.status();
        if (status.is_ok())
            description.executables = std::move(*executables);
    }
    state.functions.DestroyPipeline(state.handle, pipeline.handle, nullptr);
    VKSEG_TRY(status);
    return description;
}

} // namespace vkseg::vk
