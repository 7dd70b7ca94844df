#include "vkseg/device.hpp"

#include "base/try.hpp"
#include "vk/app_device.hpp"
#include "vk/device.hpp"
#include "vkseg/vulkan_device.hpp"

#include <algorithm>

namespace vkseg {
namespace {

DeviceDescription describe(const vk::PhysicalDeviceDescription& device, const Limits& limits)
{
    DeviceDescription description;
    description.name = device.name;
    description.driver =
        device.driver_name.empty() ? device.driver_version : device.driver_name + " " + device.driver_version;
    description.type = std::string(vk::to_string(device.type));
    description.api_version = device.api_version;
    description.vendor_id = device.vendor_id;
    description.device_id = device.device_id;
    for (const vk::MemoryHeap& heap : device.heaps)
    {
        if (heap.is_device_local)
            description.device_memory_bytes = std::max(description.device_memory_bytes, heap.bytes);
    }
    description.max_binding_bytes = limits.max_storage_buffer_range_bytes;
    description.max_workgroup_invocations = limits.max_workgroup_invocations;
    description.max_shared_memory_bytes = limits.max_shared_memory_bytes;
    description.subgroup_size = limits.subgroup_size;
    description.has_storage_f16 = limits.has_storage_f16;
    description.has_arithmetic_f16 = limits.has_arithmetic_f16;
    description.has_cooperative_matrix = device.has_cooperative_matrix;
    description.has_timestamps = device.has_timestamps;
    description.unusable_because = device.unusable_because;
    return description;
}

vk::DeviceOptions vulkan_options(const DeviceOptions& options, void* get_instance_proc_addr)
{
    return {.select = options.select,
            .loader = {.get_instance_proc_addr = get_instance_proc_addr},
            .validate = options.validate,
            .use_minimum_limits = options.use_minimum_limits,
            .max_storage_buffer_range_bytes = options.max_binding_bytes,
            .poison_memory = options.poison_memory,
            .use_pipeline_cache = options.use_pipeline_cache,
            .cache_directory = options.cache_directory,
            .pipeline_statistics = options.pipeline_statistics,
            .debug_labels = options.debug_labels};
}

} // namespace

Result<std::vector<DeviceDescription>> list_devices()
{
    VKSEG_ASSIGN(const std::vector<vk::PhysicalDeviceDescription> devices, vk::list_devices());
    std::vector<DeviceDescription> descriptions;
    for (const vk::PhysicalDeviceDescription& device : devices)
        descriptions.push_back(describe(device, device.limits));
    return descriptions;
}

Result<Device> Device::create(const DeviceOptions& options)
{
    VKSEG_ASSIGN(std::shared_ptr<vk::Device> device, vk::Device::create(vulkan_options(options, nullptr)));
    return Device(std::move(device));
}

Result<Device> use_device(const VulkanDevice& device, const DeviceOptions& options)
{
    const auto refuse = [](const std::string& message)
    { return Status(StatusCode::invalid_argument, "use_device: " + message); };
    if (device.instance == nullptr || device.physical_device == nullptr || device.device == nullptr ||
        device.queue == nullptr)
        return refuse("expected an instance, a physical device, a device and a queue, but one is null");
    constexpr uint32_t version_1_1 = VK_API_VERSION_1_1;
    if (device.api_version < version_1_1)
        return refuse("expected the instance's apiVersion, VK_API_VERSION_1_1 or later, got " +
                      std::to_string(VK_API_VERSION_MAJOR(device.api_version)) + "." +
                      std::to_string(VK_API_VERSION_MINOR(device.api_version)));
    if ((device.lock_queue == nullptr) != (device.unlock_queue == nullptr))
        return refuse("expected lock_queue and unlock_queue, or neither");
    if (options.validate || options.pipeline_statistics || !options.select.empty())
        return refuse("the options select, validate and pipeline_statistics are for devices that vkseg creates");
    vk::AppDevice app = {.instance = device.instance,
                         .physical = device.physical_device,
                         .device = device.device,
                         .queue = device.queue,
                         .queue_family = device.queue_family,
                         .api_version = device.api_version,
                         .features = vk::enabled_features(device.features),
                         .lock_queue = device.lock_queue,
                         .unlock_queue = device.unlock_queue,
                         .lock_user = device.lock_user};
    for (const char* const extension : device.extensions)
    {
        if (extension == nullptr)
            return refuse("expected names of extensions, but one is null");
        app.extensions.emplace_back(extension);
    }
    VKSEG_ASSIGN(std::shared_ptr<vk::Device> used,
                 vk::Device::use(app, vulkan_options(options, device.get_instance_proc_addr)));
    return Device(std::move(used));
}

std::vector<VulkanWish> missed_wishes(const Device& device)
{
    std::vector<VulkanWish> wishes;
    for (const vk::Wish& wish : device.vulkan()->missed_wishes())
        wishes.push_back({wish.extension, wish.feature, wish.purpose});
    return wishes;
}

DeviceDescription Device::description() const
{
    return describe(device_->description(), device_->limits());
}

MemoryUse Device::memory_use() const
{
    const vk::MemoryUse use = device_->memory_use();
    return {.weights_bytes = use.of(vk::MemoryPurpose::weights),
            .activations_bytes = use.of(vk::MemoryPurpose::activations),
            .staging_bytes = use.of(vk::MemoryPurpose::staging)};
}

CopiedBytes Device::copied_bytes() const
{
    const vk::CopiedBytes bytes = device_->copied_bytes();
    return {.to_device = bytes.to_device, .to_host = bytes.to_host};
}

std::vector<std::string> Device::validation_messages() const
{
    return device_->validation_messages();
}

} // namespace vkseg
