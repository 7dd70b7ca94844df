#include "vkseg/device.hpp"

#include "base/try.hpp"
#include "vk/device.hpp"

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
    VKSEG_ASSIGN(std::shared_ptr<vk::Device> device,
                 vk::Device::create({.select = options.select,
                                     .loader = {},
                                     .validate = options.validate,
                                     .use_minimum_limits = options.use_minimum_limits,
                                     .max_storage_buffer_range_bytes = options.max_binding_bytes,
                                     .poison_memory = options.poison_memory,
                                     .use_pipeline_cache = options.use_pipeline_cache,
                                     .cache_directory = options.cache_directory,
                                     .pipeline_statistics = options.pipeline_statistics,
                                     .debug_labels = options.debug_labels}));
    return Device(std::move(device));
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
