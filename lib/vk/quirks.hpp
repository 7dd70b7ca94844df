#pragma once

#include "base/limits.hpp"
#include "vk/functions.hpp"

#include <string>
#include <vector>

namespace vkseg::vk {

/// Properties by which quirks recognise a device.
struct DeviceIdentity
{
    VkPhysicalDeviceType type = VK_PHYSICAL_DEVICE_TYPE_OTHER;
    uint32_t vendor_id = 0;
    uint32_t device_id = 0;
    uint32_t smallest_subgroup = 0; ///< from VK_EXT_subgroup_size_control; 0: not reported
};

/// Sets what reported limits do not show: the device's best use and workarounds for its driver.
void apply_quirks(const DeviceIdentity& device, Limits& limits);

/// Names of the quirks that apply_quirks() applies, for the log.
std::string names_of_quirks(const DeviceIdentity& device);

/// One device of each kind that quirks distinguish, and some that they do not.
std::vector<DeviceIdentity> known_identities();

} // namespace vkseg::vk
