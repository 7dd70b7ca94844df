#include "vk/device.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/trace.hpp"
#include "base/try.hpp"
#include "vk/app_device.hpp"
#include "vk/device_state.hpp"
#include "vk/imported_memory.hpp"
#include "vk/outcome.hpp"
#include "vk/reported_limits.hpp"

namespace vkseg::vk {
namespace {

std::string device_text(const PhysicalDeviceDescription& device)
{
    return "device '" + device.name + "'";
}

/// Logs which device is used, and why the others are not.
void log_choice(std::span<const PhysicalDeviceDescription> devices, size_t chosen, const std::string& wanted)
{
    if (!is_logged(LogLevel::info))
        return;
    write_log(LogLevel::info, "device " + std::to_string(chosen) + ": using " + to_string(devices[chosen]));
    for (size_t i = 0; i < devices.size(); ++i)
    {
        if (i == chosen)
            continue;
        const std::string why = !devices[i].is_usable() ? "cannot be used: " + devices[i].unusable_because
                                : wanted.empty()        ? "comes later in the order of preference"
                                                        : "'" + wanted + "' was asked for";
        write_log(LogLevel::info, "device " + std::to_string(i) + ": not using " + to_string(devices[i]) + ": " + why);
    }
}

/// Logs that a device of the app is used, and what the app could enable on it.
void log_use(const PhysicalDevice& device)
{
    if (!is_logged(LogLevel::info))
        return;
    write_log(LogLevel::info, "device of the app: using " + to_string(device.description));
    for (const Wish& wish : device.missed_wishes)
        write_log(LogLevel::info, device_text(device.description) + ": the app has not enabled " +
                                      (wish.feature.empty() ? wish.extension : wish.feature) + ", which would serve " +
                                      wish.purpose);
}

bool wants_labels(const DeviceOptions& options)
{
    return options.debug_labels || options.validate || asks_for_labels(std::getenv("VKSEG_DEBUG_LABELS"));
}

Result<PhysicalDevice> choose_physical_device(const Instance& instance, const DeviceOptions& options)
{
    VKSEG_ASSIGN(std::vector<PhysicalDevice> devices, query_physical_devices(instance));
    std::vector<PhysicalDeviceDescription> descriptions;
    for (const PhysicalDevice& device : devices)
        descriptions.push_back(device.description);

    std::string wanted = options.select;
    if (const char* variable = std::getenv("VKSEG_DEVICE"); wanted.empty() && variable != nullptr)
        wanted = variable;
    VKSEG_ASSIGN(const size_t index, select_device(descriptions, wanted));
    log_choice(descriptions, index, wanted);
    return std::move(devices[index]);
}

Limits apply_options(Limits limits, const DeviceOptions& options)
{
    if (options.use_minimum_limits)
        limits = clamp_to_minimum(limits);
    if (options.max_storage_buffer_range_bytes > 0)
        limits.max_storage_buffer_range_bytes =
            std::min(limits.max_storage_buffer_range_bytes, options.max_storage_buffer_range_bytes);
    return limits;
}

Status create_logical_device(DeviceState& state, bool wants_pipeline_statistics)
{
    const InstanceFunctions& vk = state.instance->functions();
    const PhysicalDevice& physical = state.physical;

    const float priority = 1;
    auto queue = make_structure<VkDeviceQueueCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO);
    queue.queueFamilyIndex = physical.queue_family;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;

    std::vector<const char*> extensions;
    const auto enable_if_offered = [&](const char* name)
    {
        if (physical.has_extension(name))
            extensions.push_back(name);
    };
    enable_if_offered("VK_KHR_portability_subset"); // must be enabled if offered
    enable_if_offered(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    for (const char* const extension : import_extensions)
        enable_if_offered(extension);

    auto features = make_structure<VkPhysicalDeviceFeatures2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2);
    auto storage =
        make_structure<VkPhysicalDevice16BitStorageFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES);
    auto float16 = make_structure<VkPhysicalDeviceShaderFloat16Int8Features>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES);
    auto size_control = make_structure<VkPhysicalDeviceSubgroupSizeControlFeatures>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES);
    auto ycbcr = make_structure<VkPhysicalDeviceSamplerYcbcrConversionFeatures>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SAMPLER_YCBCR_CONVERSION_FEATURES);
    state.has_ycbcr_conversion = physical.features.ycbcr_conversion;
    if (state.has_ycbcr_conversion)
    {
        ycbcr.samplerYcbcrConversion = VK_TRUE;
        ycbcr.pNext = features.pNext;
        features.pNext = &ycbcr;
    }
    if (state.limits.has_storage_f16)
    {
        storage.storageBuffer16BitAccess = VK_TRUE;
        storage.pNext = features.pNext;
        features.pNext = &storage;
    }
    if (state.limits.has_arithmetic_f16)
    {
        enable_if_offered(VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME);
        float16.shaderFloat16 = VK_TRUE;
        float16.pNext = features.pNext;
        features.pNext = &float16;
    }
#ifdef VK_KHR_shader_integer_dot_product
    auto dot = make_structure<VkPhysicalDeviceShaderIntegerDotProductFeaturesKHR>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES_KHR);
    if (state.limits.has_packed_dot)
    {
        extensions.push_back(VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME);
        dot.shaderIntegerDotProduct = VK_TRUE;
        dot.pNext = features.pNext;
        features.pNext = &dot;
    }
#endif
    auto memory_model = make_structure<VkPhysicalDeviceVulkanMemoryModelFeatures>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES);
    auto nv_matrix = make_structure<VkPhysicalDeviceCooperativeMatrixFeaturesNV>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_NV);
    const bool has_matrices = state.limits.khr_matrix.rows > 0 || state.limits.nv_matrix.rows > 0;
    if (has_matrices)
    {
        enable_if_offered(VK_KHR_VULKAN_MEMORY_MODEL_EXTENSION_NAME);
        memory_model.vulkanMemoryModel = VK_TRUE;
        memory_model.pNext = features.pNext;
        features.pNext = &memory_model;
    }
    if (state.limits.nv_matrix.rows > 0)
    {
        extensions.push_back(VK_NV_COOPERATIVE_MATRIX_EXTENSION_NAME);
        nv_matrix.cooperativeMatrix = VK_TRUE;
        nv_matrix.pNext = features.pNext;
        features.pNext = &nv_matrix;
    }
#ifdef VK_KHR_cooperative_matrix
    auto khr_matrix = make_structure<VkPhysicalDeviceCooperativeMatrixFeaturesKHR>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR);
    if (state.limits.khr_matrix.rows > 0)
    {
        extensions.push_back(VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME);
        khr_matrix.cooperativeMatrix = VK_TRUE;
        khr_matrix.pNext = features.pNext;
        features.pNext = &khr_matrix;
    }
#endif
    auto executables = make_structure<VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR);
    state.has_pipeline_statistics =
        wants_pipeline_statistics && physical.has_extension(VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME);
    if (wants_pipeline_statistics && !state.has_pipeline_statistics && is_logged(LogLevel::warning))
        write_log(LogLevel::warning, device_text(physical.description) + ": its driver offers no statistics of " +
                                         "pipelines (VK_KHR_pipeline_executable_properties)");
    if (state.has_pipeline_statistics)
    {
        extensions.push_back(VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME);
        executables.pipelineExecutableInfo = VK_TRUE; // every driver with the extension has the feature
        executables.pNext = features.pNext;
        features.pNext = &executables;
    }
    state.requires_subgroup_size = physical.has_variable_subgroup_size && state.limits.subgroup_size > 0;
    if (state.requires_subgroup_size || has_matrices)
    {
        extensions.push_back(VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME);
        size_control.subgroupSizeControl = state.requires_subgroup_size ? VK_TRUE : VK_FALSE;
        size_control.computeFullSubgroups = has_matrices ? VK_TRUE : VK_FALSE;
        size_control.pNext = features.pNext;
        features.pNext = &size_control;
    }

    auto information = make_structure<VkDeviceCreateInfo>(VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO);
    information.pNext = &features;
    information.queueCreateInfoCount = 1;
    information.pQueueCreateInfos = &queue;
    information.enabledExtensionCount = uint32_t(extensions.size());
    information.ppEnabledExtensionNames = extensions.data();
    VkDevice handle = VK_NULL_HANDLE;
    VKSEG_TRY(to_status(vk.CreateDevice(physical.handle, &information, nullptr, &handle), "vkCreateDevice"));
    state.handle = handle;
    state.extensions.assign(extensions.begin(), extensions.end());

    // Loaded separately first: without it the destructor could not destroy the device if another function is missing.
    state.functions.DestroyDevice =
        reinterpret_cast<PFN_vkDestroyDevice>(vk.GetDeviceProcAddr(handle, "vkDestroyDevice"));
    VKSEG_ASSIGN(state.functions, load_device_functions(vk, handle));
    state.functions.GetDeviceQueue(handle, physical.queue_family, 0, &state.queue);
    return {};
}

Status use_logical_device(DeviceState& state, const AppDevice& app)
{
    state.handle = app.device;
    state.extensions = app.extensions;
    state.is_own = false;
    state.has_ycbcr_conversion = app.features.ycbcr_conversion;
    state.requires_subgroup_size = state.physical.has_variable_subgroup_size && state.limits.subgroup_size > 0;
    VKSEG_ASSIGN(state.functions, load_device_functions(state.instance->functions(), app.device));
    state.queue = app.queue;
    state.queue_lock.use(app.lock_queue, app.unlock_queue, app.lock_user);
    return {};
}

} // namespace

DeviceState::~DeviceState()
{
    if (handle == VK_NULL_HANDLE)
        return;
    pipelines.destroy(*this);
    samplers.destroy(*this);
    if (is_own && functions.DestroyDevice != nullptr)
        functions.DestroyDevice(handle, nullptr);
}

Status DeviceState::check(VkResult result, std::string_view function)
{
    if (result == VK_ERROR_DEVICE_LOST)
        lose(function);
    return to_status(result, function);
}

void DeviceState::lose(std::string_view function)
{
    if (!is_lost.exchange(true) && is_logged(LogLevel::error))
        write_log(LogLevel::error, device_text(physical.description) + ": lost, as " + std::string(function) +
                                       " reported; every later call fails until the app creates a new Device");
}

Status DeviceState::invalidate(VkDeviceMemory memory)
{
    auto range = make_structure<VkMappedMemoryRange>(VK_STRUCTURE_TYPE_MAPPED_MEMORY_RANGE);
    range.memory = memory;
    range.size = VK_WHOLE_SIZE;
    return check(functions.InvalidateMappedMemoryRanges(handle, 1, &range), "vkInvalidateMappedMemoryRanges");
}

Status DeviceState::check_alive() const
{
    if (!is_lost)
        return {};
    return Status(StatusCode::device_lost,
                  "device '" + physical.description.name + "': it was lost in an earlier call; create a new Device");
}

Device::Device(std::unique_ptr<DeviceState> state) : state_(std::move(state)) {}

Device::~Device() = default;

Result<std::shared_ptr<Device>> Device::create(const DeviceOptions& options)
{
    const ScopedSpan span("load", "open device");
    auto state = std::make_unique<DeviceState>();
    VKSEG_ASSIGN(state->instance, Instance::create(options.loader, options.validate, wants_labels(options)));
    if (state->instance->has_debug_labels())
        state->labels = DebugLabels(*state->instance);
    VKSEG_ASSIGN(state->physical, choose_physical_device(*state->instance, options));
    return finish(std::move(state), options,
                  [&](DeviceState& created) { return create_logical_device(created, options.pipeline_statistics); });
}

Result<std::shared_ptr<Device>> Device::use(const AppDevice& app, const DeviceOptions& options)
{
    const ScopedSpan span("load", "open device");
    auto state = std::make_unique<DeviceState>();
    VKSEG_ASSIGN(state->instance, Instance::use(options.loader, app.instance));
    VKSEG_ASSIGN(state->physical, query_app_device(*state->instance, app));
    const PhysicalDeviceDescription& description = state->physical.description;
    if (!description.is_usable())
        return Status(StatusCode::no_device,
                      "device '" + description.name + "' cannot be used: " + description.unusable_because);
    log_use(state->physical);
    if (wants_labels(options))
        state->labels = DebugLabels(*state->instance);
    if (wants_labels(options) && !state->labels.is_on() && is_logged(LogLevel::warning))
        write_log(LogLevel::warning, device_text(description) +
                                         ": no debug labels, as the app's instance has not enabled VK_EXT_debug_utils");
    return finish(std::move(state), options, [&](DeviceState& used) { return use_logical_device(used, app); });
}

Result<std::shared_ptr<Device>> Device::finish(std::unique_ptr<DeviceState> state, const DeviceOptions& options,
                                               const std::function<Status(DeviceState&)>& open)
{
    state->limits = apply_options(state->physical.description.limits, options);
    state->poison_memory = options.poison_memory;
    if (!options.use_minimum_limits)
        state->max_storage_buffers = state->physical.max_storage_buffers;

    const std::string context = device_text(state->physical.description);
    if (is_logged(LogLevel::debug))
        write_log(LogLevel::debug, context + ": quirks: " + names_of_quirks(state->physical.identity));
    if (options.use_minimum_limits && is_logged(LogLevel::info))
        write_log(LogLevel::info, context + ": limited to what Vulkan guarantees on every device, as asked");
    if (Status status = open(*state); !status.is_ok())
        return status.with_context(context);
    if (Status status =
            state->pipelines.initialize(*state, options.use_pipeline_cache, path_of(options.cache_directory));
        !status.is_ok())
        return status.with_context(context);
    return std::shared_ptr<Device>(new Device(std::move(state)));
}

bool Device::has_enabled(std::string_view extension) const
{
    return std::ranges::find(state_->extensions, extension) != state_->extensions.end();
}

const std::vector<Wish>& Device::missed_wishes() const
{
    return state_->physical.missed_wishes;
}

const PhysicalDeviceDescription& Device::description() const
{
    return state_->physical.description;
}

const Limits& Device::limits() const
{
    return state_->limits;
}

Result<std::vector<const Pipeline*>> Device::create_pipelines(std::span<const PipelineKey> keys)
{
    VKSEG_TRY(state_->check_alive());
    return state_->pipelines.create(*state_, keys);
}

Result<PipelineDescription> Device::describe_pipeline(const PipelineKey& key)
{
    VKSEG_TRY(state_->check_alive());
    return state_->pipelines.describe(*state_, key);
}

std::filesystem::path Device::cache_path(const std::string& extension) const
{
    std::filesystem::path path = state_->pipelines.cache_path();
    return path.empty() ? path : path.replace_extension(extension);
}

bool Device::is_lost() const
{
    return state_->is_lost;
}

DeviceClock& Device::clock()
{
    return state_->clock;
}

MemoryUse Device::memory_use() const
{
    MemoryUse use;
    for (size_t i = 0; i < memory_purpose_count; i++)
        use.bytes[i] = state_->live_bytes[i];
    return use;
}

void Device::count_copies(const CopiedBytes& bytes)
{
    state_->bytes_to_device += bytes.to_device;
    state_->bytes_to_host += bytes.to_host;
}

CopiedBytes Device::copied_bytes() const
{
    return {.to_device = state_->bytes_to_device, .to_host = state_->bytes_to_host};
}

size_t Device::available_memory_bytes() const
{
    const VkPhysicalDeviceMemoryProperties& memory = state_->physical.memory;
    uint32_t heap = 0;
    VkDeviceSize heap_bytes = 0;
    for (uint32_t i = 0; i < memory.memoryHeapCount; i++)
    {
        const bool is_device_local = (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0;
        if (is_device_local && memory.memoryHeaps[i].size > heap_bytes)
        {
            heap = i;
            heap_bytes = memory.memoryHeaps[i].size;
        }
    }

    if (state_->physical.description.has_memory_budget)
    {
        auto budget = make_structure<VkPhysicalDeviceMemoryBudgetPropertiesEXT>(
            VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT);
        auto properties =
            make_structure<VkPhysicalDeviceMemoryProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2);
        properties.pNext = &budget;
        state_->instance->functions().GetPhysicalDeviceMemoryProperties2(state_->physical.handle, &properties);
        if (budget.heapBudget[heap] > 0)
            return size_t(budget.heapBudget[heap] - std::min(budget.heapBudget[heap], budget.heapUsage[heap]));
    }
    const size_t used = memory_use().total();
    return size_t(heap_bytes) - std::min(size_t(heap_bytes), used);
}

std::vector<std::string> Device::validation_messages() const
{
    return state_->instance->validation_log().messages();
}

size_t Device::validation_message_count() const
{
    return state_->instance->validation_log().count();
}

} // namespace vkseg::vk
