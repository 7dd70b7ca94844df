#pragma once

#include <string_view>
#include <vector>

#include "vk/app_device.hpp"
#include "vk/functions.hpp"
#include "vk/instance.hpp"
#include "vk/physical_device.hpp"
#include "vk/quirks.hpp"
#include "vkseg/status.hpp"

namespace vkseg::vk {

/// A device of an instance: its description, and what is needed to create it.
struct PhysicalDevice
{
    VkPhysicalDevice handle = VK_NULL_HANDLE;
    PhysicalDeviceDescription description;
    DeviceIdentity identity;
    VkPhysicalDeviceMemoryProperties memory = {};
    uint32_t driver_version = 0;
    uint32_t queue_family = 0;
    uint32_t max_storage_buffers = 4; ///< Per shader; 4 is the specification's minimum.
    uint32_t timestamp_valid_bits = 0;
    double timestamp_period_ns = 0;
    bool has_variable_subgroup_size = false; ///< The size varies, and compute pipelines can require one.
    /// Smallest size that compute pipelines with workgroups of 128 invocations can require; 0: the size is fixed.
    uint32_t smallest_subgroup_size = 0;
    std::vector<VkExtensionProperties> extensions; ///< all that the device offers
    Features features;                             ///< all that the device offers
    std::vector<Wish> missed_wishes;               ///< if the device is an app's

    bool has_extension(std::string_view name) const;
};

/// A device of an app: the family and the limits are those of what the app has enabled.
Result<PhysicalDevice> query_app_device(const Instance& instance, const AppDevice& app);

/// Devices in the order that list_devices() promises.
Result<std::vector<PhysicalDevice>> query_physical_devices(const Instance& instance);

} // namespace vkseg::vk
