#pragma once

#include <string>
#include <vector>

#include "vk/functions.hpp"
#include "vk/physical_device.hpp"

namespace vkseg::vk {

/// Optional features of Vulkan that the library makes use of.
struct Features
{
    bool storage_f16 = false;
    bool arithmetic_f16 = false;
    bool packed_dot = false; ///< dot products of four bytes
    bool memory_model = false;
    bool subgroup_size_control = false;
    bool full_subgroups = false;
    bool khr_matrix = false;
    bool nv_matrix = false;
    bool ycbcr_conversion = false; ///< by samplers
};

/// A device that an app has created: see vkseg::VulkanDevice.
struct AppDevice
{
    VkInstance instance = VK_NULL_HANDLE;
    VkPhysicalDevice physical = VK_NULL_HANDLE;
    VkDevice device = VK_NULL_HANDLE;
    VkQueue queue = VK_NULL_HANDLE;
    uint32_t queue_family = 0;
    uint32_t api_version = 0;
    std::vector<std::string> extensions;
    Features features; ///< the enabled ones
    void (*lock_queue)(void*) = nullptr;
    void (*unlock_queue)(void*) = nullptr;
    void* lock_user = nullptr;
};

/// Features that a chain of structures enables, as VkDeviceCreateInfo::pNext holds it.
Features enabled_features(const void* chain);

/// The features that are offered and not enabled, as far as they would serve.
std::vector<Wish> missed_features(const Features& offered, const Features& enabled);

} // namespace vkseg::vk
