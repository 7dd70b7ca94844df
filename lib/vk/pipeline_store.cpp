#include "vk/pipeline_store.hpp"

#include <bit>
#include <cstdio>
#include <string>

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/text.hpp"
#include "base/trace.hpp"
#include "base/try.hpp"
#include "vk/device_state.hpp"
#include "vk/outcome.hpp"

namespace vkseg::vk {
namespace {

// SPIR-V specification, sections 2.3 and 3.31: after five words of header, instructions of (length << 16 | opcode).
// Capabilities come first.
constexpr uint32_t group_non_uniform = 61;
constexpr uint32_t cooperative_matrix_nv = 5357;
constexpr uint32_t cooperative_matrix_khr = 6022;
bool has_capability(std::span<const uint32_t> spirv, uint32_t capability)
{
    constexpr uint32_t op_capability = 17;
    constexpr size_t header_words = 5;
    for (size_t i = header_words; i + 1 < spirv.size() && (spirv[i] & 0xFFFF) == op_capability; i += 2)
    {
        if (spirv[i + 1] == capability)
            return true;
    }
    return false;
}

/// "conv_tiled 0=64 1=1 2=1 7=0x3f800000": the shader and its specialization constants, large ones by their bits.
std::string text_of(const PipelineKey& key)
{
    constexpr uint32_t large = 0x10000;
    std::string text(key.shader);
    for (const SpecializationConstant& constant : key.specialization.constants())
    {
        char bits[32];
        std::snprintf(bits, sizeof bits, constant.bits < large ? " %u=%u" : " %u=0x%08x", unsigned(constant.id),
                      unsigned(constant.bits));
        text += bits;
    }
    return text;
}

Status check_key(const DeviceState& state, const PipelineKey& key)
{
    const auto invalid = [](const std::string& message)
    { return Status(StatusCode::invalid_argument, "pipeline: " + message); };
    constexpr uint32_t spirv_magic = 0x07230203;
    if (key.spirv.empty() || key.spirv[0] != spirv_magic)
        return invalid("expected SPIR-V, got something else");
    if (key.binding_count == 0 || key.binding_count > max_bindings)
        return invalid("expected 1 to " + std::to_string(max_bindings) + " bindings, got " +
                       std::to_string(key.binding_count));
    if ((key.texel_buffer_mask >> key.binding_count) != 0)
        return invalid("expected texel buffers among the " + std::to_string(key.binding_count) +
                       " bindings, got one beyond them");
    const uint32_t storage_buffers =
        key.binding_count - uint32_t(std::popcount(key.texel_buffer_mask | key.texture_mask));
    if (storage_buffers > state.max_storage_buffers)
        return Status(StatusCode::unsupported, "pipeline: it needs " + std::to_string(storage_buffers) +
                                                   " storage buffers, and the device binds at most " +
                                                   std::to_string(state.max_storage_buffers));
    return {};
}

} // namespace

Status PipelineStore::initialize(DeviceState& state, bool use_cache_file, const std::filesystem::path& directory)
{
    std::vector<std::byte> data;
    if (use_cache_file)
    {
        const PhysicalDeviceDescription& description = state.physical.description;
        owner_ = {.vendor_id = description.vendor_id,
                  .device_id = description.device_id,
                  .driver_version = state.physical.driver_version,
                  .driver_uuid = description.driver_uuid,
                  .pipeline_cache_uuid = description.pipeline_cache_uuid};
        const std::filesystem::path folder = directory.empty() ? default_cache_directory() : directory;
        if (!folder.empty())
            cache_path_ = pipeline_cache_path(folder, owner_);
        else if (is_logged(LogLevel::info))
            write_log(LogLevel::info, "pipeline cache: none, as the user has no cache folder; set a cache directory");
        if (!cache_path_.empty())
            data = read_pipeline_cache(cache_path_, owner_);
        saved_bytes_ = data.size();
    }

    auto information = make_structure<VkPipelineCacheCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO);
    information.initialDataSize = data.size();
    information.pInitialData = data.data();
    VkResult result = state.functions.CreatePipelineCache(state.handle, &information, nullptr, &cache_);
    if (result != VK_SUCCESS && !data.empty())
    {
        if (is_logged(LogLevel::warning))
            write_log(LogLevel::warning, "pipeline cache: the driver refused " + printable(cache_path_.string()) +
                                             " (" + to_string(result) + "); pipelines are compiled anew");
        information.initialDataSize = 0;
        information.pInitialData = nullptr;
        result = state.functions.CreatePipelineCache(state.handle, &information, nullptr, &cache_);
    }
    if (result != VK_SUCCESS)
        cache_ = VK_NULL_HANDLE;
    return state.check(result, "vkCreatePipelineCache");
}

Result<std::vector<const Pipeline*>> PipelineStore::create(DeviceState& state, std::span<const PipelineKey> keys)
{
    struct Task
    {
        const PipelineKey* key = nullptr;
        Entry* entry = nullptr;
    };
    std::vector<std::shared_ptr<Entry>> wanted;
    std::vector<Task> tasks;
    {
        const std::lock_guard lock(mutex_);
        for (const PipelineKey& key : keys)
        {
            std::shared_ptr<Entry>& entry = entries_[Identity(key.spirv.data(), key.spirv.size(), key.specialization,
                                                              kinds_of(key), key.narrows_subgroups)];
            if (entry == nullptr)
            {
                entry = std::make_shared<Entry>();
                tasks.push_back({&key, entry.get()});
            }
            wanted.push_back(entry);
        }
    }

    parallel_for(int64_t(tasks.size()),
                 [&](int64_t index)
                 {
                     const auto i = size_t(index);
                     ScopedSpan span("plan", "create pipeline");
                     if (span.is_on())
                         span.set_detail(text_of(*tasks[i].key));
                     Pipeline pipeline;
                     Status status = compile(state, *tasks[i].key, cache_, 0, pipeline);
                     const std::lock_guard lock(mutex_);
                     tasks[i].entry->pipeline = pipeline;
                     tasks[i].entry->status = status.with_context("shader '" + std::string(tasks[i].key->shader) + "'");
                     tasks[i].entry->is_done = true;
                     entry_done_.notify_all();
                 });

    std::vector<const Pipeline*> pipelines;
    Status failure;
    {
        std::unique_lock lock(mutex_);
        for (const std::shared_ptr<Entry>& entry : wanted)
        {
            entry_done_.wait(lock, [&] { return entry->is_done; });
            pipelines.push_back(&entry->pipeline);
            if (failure.is_ok())
                failure = entry->status;
        }
        if (!failure.is_ok())
            std::erase_if(entries_,
                          [](const auto& item) { return item.second->is_done && !item.second->status.is_ok(); });
    }
    if (!failure.is_ok())
        return failure;
    if (!tasks.empty())
        save(state);
    return pipelines;
}

Status PipelineStore::compile(DeviceState& state, const PipelineKey& key, VkPipelineCache cache,
                              VkPipelineCreateFlags flags, Pipeline& pipeline)
{
    const DeviceFunctions& vk = state.functions;
    VKSEG_TRY(check_key(state, key));
    VKSEG_ASSIGN(const Layout layout, find_layout(state, key));

    auto module_information = make_structure<VkShaderModuleCreateInfo>(VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO);
    module_information.codeSize = key.spirv.size_bytes();
    module_information.pCode = key.spirv.data();
    VkShaderModule module = VK_NULL_HANDLE;
    VKSEG_TRY(state.check(vk.CreateShaderModule(state.handle, &module_information, nullptr, &module),
                          "vkCreateShaderModule"));

    const std::span<const SpecializationConstant> constants = key.specialization.constants();
    std::vector<VkSpecializationMapEntry> entries;
    for (size_t i = 0; i < constants.size(); ++i)
        entries.push_back(
            {.constantID = constants[i].id,
             .offset = uint32_t(i * sizeof(SpecializationConstant) + offsetof(SpecializationConstant, bits)),
             .size = sizeof(uint32_t)});
    VkSpecializationInfo specialization = {};
    specialization.mapEntryCount = uint32_t(entries.size());
    specialization.pMapEntries = entries.data();
    specialization.dataSize = constants.size_bytes();
    specialization.pData = constants.data();

    // Drivers with several subgroup sizes would pick another one than subgroup operations were planned for, or a larger
    // one than suits the kernel.
    auto subgroup_size = make_structure<VkPipelineShaderStageRequiredSubgroupSizeCreateInfo>(
        VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO);
    const uint32_t smallest = state.physical.smallest_subgroup_size;
    const bool is_narrow = key.narrows_subgroups && smallest > 0;
    const bool has_subgroup_operations = has_capability(key.spirv, group_non_uniform);
    subgroup_size.requiredSubgroupSize = is_narrow ? smallest : state.limits.subgroup_size;

    auto information = make_structure<VkComputePipelineCreateInfo>(VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO);
    information.flags = flags;
    information.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    if (state.requires_subgroup_size && (is_narrow || has_subgroup_operations))
        information.stage.pNext = &subgroup_size;
    if (has_capability(key.spirv, cooperative_matrix_khr) || has_capability(key.spirv, cooperative_matrix_nv))
        information.stage.flags = VK_PIPELINE_SHADER_STAGE_CREATE_REQUIRE_FULL_SUBGROUPS_BIT_EXT;
    information.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    information.stage.module = module;
    information.stage.pName = "main";
    information.stage.pSpecializationInfo = &specialization;
    information.layout = layout.pipeline;
    VkPipeline handle = VK_NULL_HANDLE;
    const VkResult result = vk.CreateComputePipelines(state.handle, cache, 1, &information, nullptr, &handle);
    vk.DestroyShaderModule(state.handle, module, nullptr);
    VKSEG_TRY(state.check(result, "vkCreateComputePipelines"));
    if (state.labels.is_on())
        state.labels.name(state.handle, VK_OBJECT_TYPE_PIPELINE, handle, text_of(key));
    pipeline = Pipeline();
    pipeline.shader = key.shader;
    pipeline.handle = handle;
    pipeline.layout = layout.pipeline;
    pipeline.set_layout = layout.set;
    pipeline.binding_count = key.binding_count;
    pipeline.texel_buffer_mask = key.texel_buffer_mask;
    pipeline.texture_mask = key.texture_mask;
    return {};
}

PipelineStore::BindingKinds PipelineStore::kinds_of(const PipelineKey& key)
{
    return {key.binding_count, key.texel_buffer_mask, key.texture_mask, key.sampler};
}

Result<PipelineStore::Layout> PipelineStore::find_layout(DeviceState& state, const PipelineKey& key)
{
    const std::lock_guard lock(mutex_);
    const BindingKinds kinds = kinds_of(key);
    if (const auto found = layouts_.find(kinds); found != layouts_.end())
        return found->second;

    const DeviceFunctions& vk = state.functions;
    std::vector<VkDescriptorSetLayoutBinding> bindings(key.binding_count);
    for (uint32_t i = 0; i < key.binding_count; i++)
    {
        const bool is_texel_buffer = ((key.texel_buffer_mask >> i) & 1) != 0;
        const bool is_texture = ((key.texture_mask >> i) & 1) != 0;
        bindings[i] = {.binding = i,
                       .descriptorType = is_texture        ? VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER
                                         : is_texel_buffer ? VK_DESCRIPTOR_TYPE_UNIFORM_TEXEL_BUFFER
                                                           : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                       .descriptorCount = 1,
                       .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
                       .pImmutableSamplers = is_texture ? &key.sampler : nullptr};
    }
    auto set_information =
        make_structure<VkDescriptorSetLayoutCreateInfo>(VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO);
    set_information.bindingCount = key.binding_count;
    set_information.pBindings = bindings.data();
    Layout layout;
    VKSEG_TRY(state.check(vk.CreateDescriptorSetLayout(state.handle, &set_information, nullptr, &layout.set),
                          "vkCreateDescriptorSetLayout"));

    VkPushConstantRange push_constants = {};
    push_constants.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
    push_constants.size = max_push_constant_bytes;
    auto information = make_structure<VkPipelineLayoutCreateInfo>(VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO);
    information.setLayoutCount = 1;
    information.pSetLayouts = &layout.set;
    information.pushConstantRangeCount = 1;
    information.pPushConstantRanges = &push_constants;
    const VkResult result = vk.CreatePipelineLayout(state.handle, &information, nullptr, &layout.pipeline);
    if (result != VK_SUCCESS)
        vk.DestroyDescriptorSetLayout(state.handle, layout.set, nullptr);
    VKSEG_TRY(state.check(result, "vkCreatePipelineLayout"));
    layouts_.emplace(kinds, layout);
    return layout;
}

// A cache that cannot be saved only costs time at the next start, so failures are only logged.
void PipelineStore::save(DeviceState& state)
{
    if (cache_path_.empty())
        return;
    const std::lock_guard lock(save_mutex_);
    size_t bytes = 0;
    if (state.functions.GetPipelineCacheData(state.handle, cache_, &bytes, nullptr) != VK_SUCCESS ||
        bytes == saved_bytes_)
        return;
    std::vector<std::byte> data(bytes);
    if (state.functions.GetPipelineCacheData(state.handle, cache_, &bytes, data.data()) != VK_SUCCESS)
        return; // VK_INCOMPLETE: another thread has just enlarged the cache, and will save it
    data.resize(bytes);
    const Status status = write_pipeline_cache(cache_path_, owner_, data);
    if (status.is_ok())
        saved_bytes_ = data.size();
    const LogLevel level = status.is_ok() ? LogLevel::debug : LogLevel::warning;
    if (is_logged(level))
        write_log(level, status.is_ok() ? "pipeline cache: wrote " + bytes_to_string(data.size()) + " to " +
                                              printable(cache_path_.string())
                                        : status.message() + "; pipelines will be compiled again at the next start");
}

void PipelineStore::destroy(DeviceState& state)
{
    const DeviceFunctions& vk = state.functions;
    for (const auto& [identity, entry] : entries_)
        vk.DestroyPipeline(state.handle, entry->pipeline.handle, nullptr);
    for (const auto& [key, layout] : layouts_)
    {
        vk.DestroyPipelineLayout(state.handle, layout.pipeline, nullptr);
        vk.DestroyDescriptorSetLayout(state.handle, layout.set, nullptr);
    }
    if (cache_ != VK_NULL_HANDLE)
        vk.DestroyPipelineCache(state.handle, cache_, nullptr);
    entries_.clear();
    layouts_.clear();
    cache_ = VK_NULL_HANDLE;
}

} // namespace vkseg::vk
