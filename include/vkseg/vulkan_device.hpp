#pragma once

#include "vkseg/device.hpp"
#include "vkseg/vulkan_types.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// vkseg on a Vulkan device of the app: see vulkan.hpp.
namespace vkseg {

/// A device that the app has created, with what the app enabled on it; vkseg uses nothing else. The app keeps it until
/// the last object of vkseg that uses it is gone.
struct VulkanDevice
{
    VkInstance instance = {}; ///< Made for Vulkan 1.1 or later.
    VkPhysicalDevice physical_device = {};
    VkDevice device = {};
    VkQueue queue = {}; ///< Its family must be able to compute.
    uint32_t queue_family = 0;
    uint32_t api_version = 0; ///< VkApplicationInfo::apiVersion, at least VK_API_VERSION_1_1.
    /// VkDeviceCreateInfo::ppEnabledExtensionNames.
    std::span<const char* const> extensions = {};
    /// VkDeviceCreateInfo::pNext, if the app enabled features; read during the call only.
    const void* features = nullptr;
    /// The app's vkGetInstanceProcAddr; null: that of the system's Vulkan loader.
    void* get_instance_proc_addr = nullptr;
    /// Called around each use of the queue, if the app's threads use it, too; both or none.
    void (*lock_queue)(void* user) = nullptr;
    void (*unlock_queue)(void* user) = nullptr;
    void* lock_user = nullptr;
};

/// Opens a device of the app. Of the options, `select`, `validate` and `pipeline_statistics` do not apply. Fails with
/// invalid_argument if a handle is missing, and with no_device if the device cannot be used.
VKSEG_API Result<Device> use_device(const VulkanDevice& device, const DeviceOptions& options = {});

/// An extension or feature that vkseg makes use of.
struct VulkanWish
{
    std::string extension; ///< Extension of the device; empty if the feature is part of Vulkan 1.1.
    std::string feature;   ///< "VkPhysicalDeviceShaderFloat16Int8Features::shaderFloat16"; empty: the extension only.
    std::string purpose;   ///< "arithmetic in f16"
};

/// The wishes that the device could fulfil, but the app has not enabled. Empty for devices that vkseg has created.
VKSEG_API std::vector<VulkanWish> missed_wishes(const Device& device);

} // namespace vkseg
