#pragma once

#include <vector>

#include "base/limits.hpp"
#include "vk/functions.hpp"
#include "vk/quirks.hpp"

namespace vkseg::vk {

/// Driver-reported properties from which Limits are derived.
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
    bool has_packed_dot = false;      ///< Dot products of four bytes.
    bool has_fast_packed_dot = false; ///< These take one instruction.
    bool has_full_subgroups = false;  ///< Full subgroups can be required, which cooperative matrices need.
    bool has_memory_model = false;    ///< The Vulkan memory model, which shaders with cooperative matrices use.
    std::vector<MatrixShape> khr_matrices;
    std::vector<MatrixShape> nv_matrices;
};

/// Reliable limits: some drivers report 0, values below the specification's minimum, or values that no memory could
/// hold.
Limits sanitise(const ReportedLimits& reported);

/// Limits of the weakest device that the specification allows, never above `limits`.
Limits clamp_to_minimum(const Limits& limits);

} // namespace vkseg::vk
