#pragma once

#include "base/limits.hpp"
#include "vk/functions.hpp"

#include <vector>

namespace vkseg::vk {

/// What a device is, as far as quirks go by it.
struct DeviceIdentity
{
    VkPhysicalDeviceType type = VK_PHYSICAL_DEVICE_TYPE_OTHER;
    uint32_t vendor_id = 0;
    uint32_t device_id = 0;
    uint32_t smallest_subgroup = 0; ///< of VK_EXT_subgroup_size_control; 0: not told
};

/// Sets what no limit tells of the device: how it is best used, and what its driver gets wrong.
void apply_quirks(const DeviceIdentity& device, Limits& limits);

/// A device of each kind that quirks tell apart, and of some that they do not.
std::vector<DeviceIdentity> known_identities();

} // namespace vkseg::vk
