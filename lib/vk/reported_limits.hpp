#pragma once

#include <vector>

#include "base/limits.hpp"
#include "vk/functions.hpp"
#include "vk/quirks.hpp"

namespace vkseg::vk {

/// What a driver says of its device, as far as Limits are made of it.
struct ReportedLimits
{
    DeviceIdentity identity;
    VkPhysicalDeviceLimits limits = {};
    VkDeviceSize max_allocation_bytes = 0;
    VkDeviceSize largest_heap_bytes = 0;
    uint32_t subgroup_size = 0;
    VkShaderStageFlags subgroup_stages = 0;
    VkSubgroupFeatureFlags subgroup_operations = 0;
    bool has_storage_f16 = false;
    bool has_arithmetic_f16 = false;
    bool has_full_subgroups = false; ///< Can be required, as cooperative matrices want them.
    bool has_memory_model = false;   ///< Vulkan's own, which shaders with cooperative matrices go by.
    std::vector<MatrixShape> khr_matrices;
    std::vector<MatrixShape> nv_matrices;
};

/// Limits that can be relied on: drivers were seen to report 0, values below the specification's minimum, and values
/// that no memory could hold.
Limits sanitise(const ReportedLimits& reported);

/// The weakest device that the specification allows, and that still lies within `limits`.
Limits clamp_to_minimum(const Limits& limits);

} // namespace vkseg::vk
