#include "vk/reported_limits.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace vkseg::vk {
namespace {

constexpr uint32_t max_index = uint32_t(std::numeric_limits<int32_t>::max()); // shaders count in signed integers

size_t sanitise_alignment(VkDeviceSize reported, size_t worst)
{
    constexpr size_t vec4_bytes = 16;
    if (!std::has_single_bit(reported) || reported > worst)
        return worst;
    return std::max(size_t(reported), vec4_bytes);
}

size_t to_size(VkDeviceSize value)
{
    return size_t(std::min<VkDeviceSize>(value, std::numeric_limits<size_t>::max()));
}

// The largest shape that a few subgroups can stage in little shared memory. Columns of 8 f16 values are 16 bytes, the
// alignment that matrix loads need.
MatrixShape choose_matrix(const std::vector<MatrixShape>& shapes)
{
    const auto suits = [](uint32_t extent) { return extent == 8 || extent == 16; };
    MatrixShape best;
    for (const MatrixShape& shape : shapes)
    {
        if (suits(shape.rows) && suits(shape.columns) && suits(shape.depth) &&
            shape.rows * shape.columns * shape.depth > best.rows * best.columns * best.depth)
            best = shape;
    }
    return best;
}

} // namespace

Limits sanitise(const ReportedLimits& reported)
{
    const Limits floor;
    const VkPhysicalDeviceLimits& limits = reported.limits;
    Limits sane;
    sane.max_workgroup_invocations =
        std::clamp(limits.maxComputeWorkGroupInvocations, floor.max_workgroup_invocations, max_index);
    for (size_t i = 0; i < 3; i++)
    {
        sane.max_workgroup_size[i] =
            std::clamp(limits.maxComputeWorkGroupSize[i], floor.max_workgroup_size[i], max_index);
        sane.max_workgroup_count[i] =
            std::clamp(limits.maxComputeWorkGroupCount[i], floor.max_workgroup_count[i], max_index);
    }
    sane.max_shared_memory_bytes =
        std::clamp(size_t(limits.maxComputeSharedMemorySize), floor.max_shared_memory_bytes, size_t(max_index));

    sane.storage_buffer_alignment_bytes =
        sanitise_alignment(limits.minStorageBufferOffsetAlignment, floor.storage_buffer_alignment_bytes);
    sane.texel_buffer_alignment_bytes =
        sanitise_alignment(limits.minTexelBufferOffsetAlignment, floor.texel_buffer_alignment_bytes);

    // Rounded down, so that the largest binding ends where the next may begin.
    const size_t range = std::max(size_t(limits.maxStorageBufferRange), floor.max_storage_buffer_range_bytes);
    sane.max_storage_buffer_range_bytes = range - range % floor.storage_buffer_alignment_bytes;
    sane.max_texel_buffer_elements =
        std::clamp(size_t(limits.maxTexelBufferElements), floor.max_texel_buffer_elements, size_t(max_index));

    size_t allocation = to_size(reported.max_allocation_bytes);
    if (allocation < floor.max_allocation_bytes)
        allocation = floor.max_allocation_bytes;
    if (reported.largest_heap_bytes > 0)
        allocation = std::min(allocation, to_size(reported.largest_heap_bytes));
    sane.max_allocation_bytes = allocation;

    const bool has_subgroups = std::has_single_bit(reported.subgroup_size) && reported.subgroup_size <= 128 &&
                               (reported.subgroup_stages & VK_SHADER_STAGE_COMPUTE_BIT) != 0 &&
                               (reported.subgroup_operations & VK_SUBGROUP_FEATURE_BASIC_BIT) != 0;
    sane.subgroup_size = has_subgroups ? reported.subgroup_size : 0;
    sane.has_subgroup_shuffle = has_subgroups && (reported.subgroup_operations & VK_SUBGROUP_FEATURE_SHUFFLE_BIT) != 0;
    sane.has_storage_f16 = reported.has_storage_f16;
    sane.has_arithmetic_f16 = reported.has_arithmetic_f16;
    sane.has_packed_dot = reported.has_packed_dot;
    const bool is_software = reported.identity.type == VK_PHYSICAL_DEVICE_TYPE_CPU; // emulates matrices with loops
    if (has_subgroups && reported.has_full_subgroups && reported.has_arithmetic_f16 && reported.has_memory_model &&
        !is_software)
    {
        sane.khr_matrix = choose_matrix(reported.khr_matrices);
        sane.nv_matrix = choose_matrix(reported.nv_matrices);
    }
    sane.max_loop_turns = std::numeric_limits<int64_t>::max();
    sane.preferences.lanes = std::clamp<uint32_t>(sane.subgroup_size, 16, 64);
    if (sane.subgroup_size == 0)
        sane.preferences.lanes = Preferences().lanes;
    sane.preferences.multiplies_bytes = reported.has_packed_dot && reported.has_fast_packed_dot;
    apply_quirks(reported.identity, sane);
    return sane;
}

Limits clamp_to_minimum(const Limits& limits)
{
    Limits minimum;
    minimum.max_allocation_bytes = std::min(minimum.max_allocation_bytes, limits.max_allocation_bytes);
    return minimum;
}

} // namespace vkseg::vk
