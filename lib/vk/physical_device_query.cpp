#include "vk/physical_device_query.hpp"

#include <algorithm>
#include <cstdio>
#include <tuple>

#include "base/try.hpp"
#include "vk/matrix_query.hpp"
#include "vk/outcome.hpp"
#include "vk/reported_limits.hpp"

namespace vkseg::vk {
namespace {

DeviceType to_device_type(VkPhysicalDeviceType type)
{
    switch (type)
    {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return DeviceType::discrete;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return DeviceType::integrated;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return DeviceType::virtual_gpu;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return DeviceType::software;
    default:
        return DeviceType::other;
    }
}

Result<std::vector<VkExtensionProperties>> query_extensions(const InstanceFunctions& vk, VkPhysicalDevice handle)
{
    std::vector<VkExtensionProperties> extensions;
    VkResult result = VK_INCOMPLETE;
    while (result == VK_INCOMPLETE)
    {
        uint32_t count = 0;
        VKSEG_TRY(to_status(vk.EnumerateDeviceExtensionProperties(handle, nullptr, &count, nullptr),
                            "vkEnumerateDeviceExtensionProperties"));
        extensions.resize(count);
        result = vk.EnumerateDeviceExtensionProperties(handle, nullptr, &count, extensions.data());
        extensions.resize(count);
    }
    VKSEG_TRY(to_status(result, "vkEnumerateDeviceExtensionProperties"));
    return extensions;
}

// Prefers families with timestamps, then those without graphics, which do not hold up the display. Of an app's device
// there is but one family.
bool choose_queue_family(const InstanceFunctions& vk, PhysicalDevice& device, const AppDevice* app)
{
    uint32_t count = 0;
    vk.GetPhysicalDeviceQueueFamilyProperties(device.handle, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    vk.GetPhysicalDeviceQueueFamilyProperties(device.handle, &count, families.data());
    int best_score = 0;
    for (uint32_t i = 0; i < count; i++)
    {
        if (app != nullptr && i != app->queue_family)
            continue;
        const VkQueueFamilyProperties& family = families[i];
        if ((family.queueFlags & VK_QUEUE_COMPUTE_BIT) == 0 || family.queueCount == 0)
            continue;
        const int score =
            1 + ((family.queueFlags & VK_QUEUE_GRAPHICS_BIT) == 0 ? 1 : 0) + (family.timestampValidBits > 0 ? 2 : 0);
        if (score <= best_score)
            continue;
        best_score = score;
        device.queue_family = i;
        device.timestamp_valid_bits = family.timestampValidBits;
    }
    return best_score > 0;
}

void describe_memory(const InstanceFunctions& vk, PhysicalDevice& device)
{
    vk.GetPhysicalDeviceMemoryProperties(device.handle, &device.memory);
    PhysicalDeviceDescription& description = device.description;
    bool are_all_device_local = true;
    for (uint32_t i = 0; i < device.memory.memoryHeapCount; i++)
    {
        const VkMemoryHeap& heap = device.memory.memoryHeaps[i];
        const bool is_device_local = (heap.flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0;
        description.heaps.push_back({size_t(heap.size), is_device_local});
        are_all_device_local = are_all_device_local && is_device_local;
    }
    description.is_memory_unified =
        description.type == DeviceType::integrated || description.type == DeviceType::software || are_all_device_local;
}

template <class Structure>
void chain(VkPhysicalDeviceProperties2& properties, Structure& structure)
{
    structure.pNext = properties.pNext;
    properties.pNext = &structure;
}

template <class Structure>
void chain(VkPhysicalDeviceFeatures2& features, Structure& structure)
{
    structure.pNext = features.pNext;
    features.pNext = &structure;
}

// For Vulkan 1.1 and later. `app` is null unless the device is an app's.
void describe_capabilities(const Instance& instance, uint32_t api_version, PhysicalDevice& device, const AppDevice* app)
{
    const InstanceFunctions& vk = instance.functions();
    const bool is_1_2 = api_version >= VK_API_VERSION_1_2;
    const bool has_driver_properties = is_1_2 || device.has_extension(VK_KHR_DRIVER_PROPERTIES_EXTENSION_NAME);
    const bool has_float16 = is_1_2 || device.has_extension(VK_KHR_SHADER_FLOAT16_INT8_EXTENSION_NAME);
    const bool has_memory_model = is_1_2 || device.has_extension(VK_KHR_VULKAN_MEMORY_MODEL_EXTENSION_NAME);
    const bool has_size_control = device.has_extension(VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME);

    auto properties = make_structure<VkPhysicalDeviceProperties2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2);
    auto maintenance = make_structure<VkPhysicalDeviceMaintenance3Properties>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES);
    auto subgroup =
        make_structure<VkPhysicalDeviceSubgroupProperties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES);
    auto identity = make_structure<VkPhysicalDeviceIDProperties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES);
    auto driver = make_structure<VkPhysicalDeviceDriverProperties>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES);
    auto size_control = make_structure<VkPhysicalDeviceSubgroupSizeControlProperties>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES);
    chain(properties, maintenance);
    chain(properties, subgroup);
    chain(properties, identity);
    if (has_driver_properties)
        chain(properties, driver);
    if (has_size_control)
        chain(properties, size_control);
#ifdef VK_KHR_shader_integer_dot_product
    const bool has_dot = device.has_extension(VK_KHR_SHADER_INTEGER_DOT_PRODUCT_EXTENSION_NAME);
    auto dot_properties = make_structure<VkPhysicalDeviceShaderIntegerDotProductPropertiesKHR>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_PROPERTIES_KHR);
    if (has_dot)
        chain(properties, dot_properties);
#endif
    vk.GetPhysicalDeviceProperties2(device.handle, &properties);

    auto features = make_structure<VkPhysicalDeviceFeatures2>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2);
    auto storage =
        make_structure<VkPhysicalDevice16BitStorageFeatures>(VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES);
    auto float16 = make_structure<VkPhysicalDeviceShaderFloat16Int8Features>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_FLOAT16_INT8_FEATURES);
    auto size_control_features = make_structure<VkPhysicalDeviceSubgroupSizeControlFeatures>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES);
    auto memory_model = make_structure<VkPhysicalDeviceVulkanMemoryModelFeatures>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_MEMORY_MODEL_FEATURES);
    auto nv_matrix = make_structure<VkPhysicalDeviceCooperativeMatrixFeaturesNV>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_NV);
    const bool has_nv_matrix = device.has_extension(VK_NV_COOPERATIVE_MATRIX_EXTENSION_NAME);
    if (has_memory_model)
        chain(features, memory_model);
    if (has_nv_matrix)
        chain(features, nv_matrix);
#ifdef VK_KHR_cooperative_matrix
    auto khr_matrix = make_structure<VkPhysicalDeviceCooperativeMatrixFeaturesKHR>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR);
    if (device.has_extension(VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME))
        chain(features, khr_matrix);
#endif
#ifdef VK_KHR_shader_integer_dot_product
    auto dot = make_structure<VkPhysicalDeviceShaderIntegerDotProductFeaturesKHR>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_INTEGER_DOT_PRODUCT_FEATURES_KHR);
    if (has_dot)
        chain(features, dot);
#endif
    auto ycbcr = make_structure<VkPhysicalDeviceSamplerYcbcrConversionFeatures>(
        VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SAMPLER_YCBCR_CONVERSION_FEATURES);
    chain(features, storage);
    chain(features, ycbcr);
    if (has_float16)
        chain(features, float16);
    if (has_size_control)
        chain(features, size_control_features);
    vk.GetPhysicalDeviceFeatures2(device.handle, &features);

    Features usable = {.storage_f16 = storage.storageBuffer16BitAccess == VK_TRUE,
                       .arithmetic_f16 = float16.shaderFloat16 == VK_TRUE,
                       .memory_model = memory_model.vulkanMemoryModel == VK_TRUE,
                       .subgroup_size_control = size_control_features.subgroupSizeControl == VK_TRUE,
                       .full_subgroups = size_control_features.computeFullSubgroups == VK_TRUE,
                       .nv_matrix = nv_matrix.cooperativeMatrix == VK_TRUE,
                       .ycbcr_conversion = ycbcr.samplerYcbcrConversion == VK_TRUE};
#ifdef VK_KHR_cooperative_matrix
    usable.khr_matrix = khr_matrix.cooperativeMatrix == VK_TRUE;
#endif
#ifdef VK_KHR_shader_integer_dot_product
    usable.packed_dot = dot.shaderIntegerDotProduct == VK_TRUE;
#endif
    device.features = usable;
    if (app != nullptr)
        usable = app->features;

    PhysicalDeviceDescription& description = device.description;
    std::copy(std::begin(identity.driverUUID), std::end(identity.driverUUID), description.driver_uuid.begin());
    if (has_driver_properties)
    {
        description.driver_name = driver.driverName;
        if (driver.driverInfo[0] != '\0')
            description.driver_version = driver.driverInfo;
    }

    ReportedLimits reported;
    reported.identity = {.type = properties.properties.deviceType,
                         .vendor_id = properties.properties.vendorID,
                         .device_id = properties.properties.deviceID,
                         .smallest_subgroup = size_control.minSubgroupSize};
    device.identity = reported.identity;
    reported.limits = properties.properties.limits;
    reported.max_allocation_bytes = maintenance.maxMemoryAllocationSize;
    for (const MemoryHeap& heap : description.heaps)
        reported.largest_heap_bytes = std::max<VkDeviceSize>(reported.largest_heap_bytes, heap.bytes);
    reported.subgroup_size = subgroup.subgroupSize;
    reported.subgroup_stages = subgroup.supportedStages;
    reported.subgroup_operations = subgroup.supportedOperations;
    reported.has_storage_f16 = usable.storage_f16;
    reported.has_arithmetic_f16 = usable.arithmetic_f16;
    reported.has_packed_dot = usable.packed_dot;
#ifdef VK_KHR_shader_integer_dot_product
    reported.has_fast_packed_dot = dot_properties.integerDotProduct4x8BitPackedSignedAccelerated == VK_TRUE;
#endif
    reported.has_full_subgroups = usable.full_subgroups;
    reported.has_memory_model = usable.memory_model;
#ifdef VK_KHR_cooperative_matrix
    if (usable.khr_matrix)
        reported.khr_matrices = query_khr_matrices(instance, device.handle);
#endif
    if (usable.nv_matrix)
        reported.nv_matrices = query_nv_matrices(instance, device.handle);
    description.limits = sanitise(reported);

    const uint32_t size = description.limits.subgroup_size;
    device.has_variable_subgroup_size = usable.subgroup_size_control &&
                                        size_control.minSubgroupSize < size_control.maxSubgroupSize &&
                                        size >= size_control.minSubgroupSize && size <= size_control.maxSubgroupSize &&
                                        (size_control.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
    const uint64_t invocations = uint64_t(size_control.minSubgroupSize) * size_control.maxComputeWorkgroupSubgroups;
    if (device.has_variable_subgroup_size && invocations >= Limits().max_workgroup_invocations)
        device.smallest_subgroup_size = size_control.minSubgroupSize;
}

size_t device_local_bytes(const PhysicalDeviceDescription& description)
{
    size_t largest = 0;
    for (const MemoryHeap& heap : description.heaps)
        largest = heap.is_device_local ? std::max(largest, heap.bytes) : largest;
    return largest;
}

// Larger is better: usable devices, then by type, whose enumerators are in order of preference, then by strength.
std::tuple<bool, int, size_t, uint32_t> preference(const PhysicalDevice& device)
{
    const PhysicalDeviceDescription& description = device.description;
    return {description.is_usable(), -int(description.type), device_local_bytes(description),
            description.limits.max_workgroup_invocations};
}

Result<PhysicalDevice> query_physical_device(const Instance& instance, VkPhysicalDevice handle, const AppDevice* app)
{
    const InstanceFunctions& vk = instance.functions();
    PhysicalDevice device;
    device.handle = handle;
    VKSEG_ASSIGN(device.extensions, query_extensions(vk, handle));

    VkPhysicalDeviceProperties properties = {};
    vk.GetPhysicalDeviceProperties(handle, &properties);
    device.driver_version = properties.driverVersion;
    device.timestamp_period_ns = properties.limits.timestampPeriod;
    device.max_storage_buffers =
        std::max(device.max_storage_buffers, properties.limits.maxPerStageDescriptorStorageBuffers);

    PhysicalDeviceDescription& description = device.description;
    description.name = properties.deviceName;
    char version[32];
    std::snprintf(version, sizeof version, "0x%x", unsigned(properties.driverVersion));
    description.driver_version = version;
    description.api_version = {VK_API_VERSION_MAJOR(properties.apiVersion), VK_API_VERSION_MINOR(properties.apiVersion),
                               VK_API_VERSION_PATCH(properties.apiVersion)};
    description.type = to_device_type(properties.deviceType);
    description.vendor_id = properties.vendorID;
    description.device_id = properties.deviceID;
    std::copy(std::begin(properties.pipelineCacheUUID), std::end(properties.pipelineCacheUUID),
              description.pipeline_cache_uuid.begin());
    description.has_memory_budget = device.has_extension(VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    description.has_cooperative_matrix = device.has_extension("VK_KHR_cooperative_matrix");
    description.is_portability_subset = device.has_extension("VK_KHR_portability_subset");
    describe_memory(vk, device);

    const bool has_compute = choose_queue_family(vk, device, app);
    description.has_timestamps = device.timestamp_valid_bits > 0 && device.timestamp_period_ns > 0;
    if (properties.apiVersion < VK_API_VERSION_1_1)
        description.unusable_because = "it offers Vulkan 1.0 only, and 1.1 is needed";
    else
        describe_capabilities(
            instance, app != nullptr ? std::min(app->api_version, properties.apiVersion) : properties.apiVersion,
            device, app);
    if (!has_compute)
        description.unusable_because =
            app == nullptr ? "it has no compute queue"
                           : "queue family " + std::to_string(app->queue_family) + " does not exist or cannot compute";
    if (app != nullptr)
    {
        device.missed_wishes = missed_features(device.features, app->features);
        const bool enables_budget =
            std::ranges::find(app->extensions, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME) != app->extensions.end();
        if (description.has_memory_budget && !enables_budget)
            device.missed_wishes.push_back(
                {VK_EXT_MEMORY_BUDGET_EXTENSION_NAME, "", "messages about the memory that is free"});
        description.has_memory_budget = enables_budget;
    }
    return device;
}

} // namespace

bool PhysicalDevice::has_extension(std::string_view name) const
{
    return std::any_of(extensions.begin(), extensions.end(),
                       [&](const VkExtensionProperties& extension) { return name == extension.extensionName; });
}

Result<PhysicalDevice> query_app_device(const Instance& instance, const AppDevice& app)
{
    return query_physical_device(instance, app.physical, &app);
}

Result<std::vector<PhysicalDevice>> query_physical_devices(const Instance& instance)
{
    std::vector<VkPhysicalDevice> handles;
    VkResult result = VK_INCOMPLETE;
    while (result == VK_INCOMPLETE)
    {
        uint32_t count = 0;
        VKSEG_TRY(to_status(instance.functions().EnumeratePhysicalDevices(instance.handle(), &count, nullptr),
                            "vkEnumeratePhysicalDevices"));
        handles.resize(count);
        result = instance.functions().EnumeratePhysicalDevices(instance.handle(), &count, handles.data());
        handles.resize(count);
    }
    VKSEG_TRY(to_status(result, "vkEnumeratePhysicalDevices"));

    std::vector<PhysicalDevice> devices;
    for (VkPhysicalDevice handle : handles)
    {
        VKSEG_ASSIGN(PhysicalDevice device, query_physical_device(instance, handle, nullptr));
        devices.push_back(std::move(device));
    }
    std::stable_sort(devices.begin(), devices.end(),
                     [](const PhysicalDevice& a, const PhysicalDevice& b) { return preference(a) > preference(b); });
    return devices;
}

} // namespace vkseg::vk
