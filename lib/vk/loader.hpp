#pragma once

#include "vk/functions.hpp"
#include "vk/physical_device.hpp"
#include "vkseg/status.hpp"

namespace vkseg::vk {

/// Functions that can be called before an instance exists.
struct Loader
{
    PFN_vkGetInstanceProcAddr GetInstanceProcAddr = nullptr;
    PFN_vkCreateInstance CreateInstance = nullptr;
    PFN_vkEnumerateInstanceExtensionProperties EnumerateInstanceExtensionProperties = nullptr;
    PFN_vkEnumerateInstanceLayerProperties EnumerateInstanceLayerProperties = nullptr;
    PFN_vkEnumerateInstanceVersion EnumerateInstanceVersion = nullptr; ///< Null in a loader of Vulkan 1.0.
};

/// Opens the Vulkan loader. Fails with no_device if there is none.
Result<Loader> open_loader(const LoaderOptions& options);

Result<InstanceFunctions> load_instance_functions(const Loader& loader, VkInstance instance);
Result<DeviceFunctions> load_device_functions(const InstanceFunctions& instance_functions, VkDevice device);

} // namespace vkseg::vk
