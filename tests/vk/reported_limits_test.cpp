#include <limits>

#include <doctest/doctest.h>

#include "vk/reported_limits.hpp"

namespace vkseg::vk::reported_limits_test {
namespace {

// What every conformant device reports at least.
ReportedLimits plausible_report()
{
    ReportedLimits reported;
    VkPhysicalDeviceLimits& limits = reported.limits;
    limits.maxComputeWorkGroupInvocations = 1024;
    for (size_t i = 0; i < 3; i++)
    {
        limits.maxComputeWorkGroupSize[i] = 1024;
        limits.maxComputeWorkGroupCount[i] = 65535;
    }
    limits.maxComputeSharedMemorySize = 49152;
    limits.maxStorageBufferRange = uint32_t(1) << 30;
    limits.maxTexelBufferElements = uint32_t(1) << 27;
    limits.minStorageBufferOffsetAlignment = 64;
    limits.minTexelBufferOffsetAlignment = 16;
    reported.max_allocation_bytes = VkDeviceSize(2) << 30;
    reported.largest_heap_bytes = VkDeviceSize(8) << 30;
    reported.subgroup_size = 32;
    reported.subgroup_stages = VK_SHADER_STAGE_COMPUTE_BIT;
    reported.subgroup_operations = VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
    return reported;
}

} // namespace

TEST_CASE("limits: what a device plausibly reports is kept")
{
    const Limits limits = sanitise(plausible_report());
    CHECK(limits.max_workgroup_invocations == 1024);
    CHECK(limits.max_workgroup_size[2] == 1024);
    CHECK(limits.max_workgroup_count[0] == 65535);
    CHECK(limits.max_shared_memory_bytes == 49152);
    CHECK(limits.max_storage_buffer_range_bytes == size_t(1) << 30);
    CHECK(limits.max_texel_buffer_elements == size_t(1) << 27);
    CHECK(limits.storage_buffer_alignment_bytes == 64);
    CHECK(limits.texel_buffer_alignment_bytes == 16);
    CHECK(limits.max_allocation_bytes == size_t(2) << 30);
    CHECK(limits.subgroup_size == 32);
    CHECK(limits.has_subgroup_shuffle);
    CHECK(limits.preferences.lanes == 32);
    CHECK(limits.preferences.registers == Preferences().registers);
}

TEST_CASE("limits: the largest matrices that kernels have room for, of devices with all that these need")
{
    ReportedLimits reported = plausible_report();
    reported.has_arithmetic_f16 = true;
    reported.has_memory_model = true;
    reported.has_full_subgroups = true;
    reported.khr_matrices = {{8, 8, 8}, {16, 8, 16}, {64, 64, 16}, {16, 16, 16}, {16, 16, 8}};
    reported.nv_matrices = {{8, 16, 12}};
    CHECK(sanitise(reported).khr_matrix.rows == 16);
    CHECK(sanitise(reported).khr_matrix.columns == 16);
    CHECK(sanitise(reported).khr_matrix.depth == 16);
    CHECK(sanitise(reported).nv_matrix.rows == 0);
    for (bool ReportedLimits::*const need :
         {&ReportedLimits::has_arithmetic_f16, &ReportedLimits::has_memory_model, &ReportedLimits::has_full_subgroups})
    {
        ReportedLimits without = reported;
        without.*need = false;
        CHECK(sanitise(without).khr_matrix.rows == 0);
    }
    reported.subgroup_size = 0;
    CHECK(sanitise(reported).khr_matrix.rows == 0);
}

TEST_CASE("limits: zeros become the minimum of the specification")
{
    const Limits floor;
    const Limits limits = sanitise(ReportedLimits{});
    CHECK(limits.max_workgroup_invocations == floor.max_workgroup_invocations);
    CHECK(limits.max_workgroup_size == floor.max_workgroup_size);
    CHECK(limits.max_workgroup_count == floor.max_workgroup_count);
    CHECK(limits.max_shared_memory_bytes == floor.max_shared_memory_bytes);
    CHECK(limits.max_storage_buffer_range_bytes == floor.max_storage_buffer_range_bytes);
    CHECK(limits.max_allocation_bytes == floor.max_allocation_bytes);
    CHECK(limits.max_texel_buffer_elements == floor.max_texel_buffer_elements);
    CHECK(limits.storage_buffer_alignment_bytes == floor.storage_buffer_alignment_bytes);
    CHECK(limits.texel_buffer_alignment_bytes == floor.texel_buffer_alignment_bytes);
    CHECK(limits.subgroup_size == 0);
    CHECK_FALSE(limits.has_subgroup_shuffle);
}

TEST_CASE("limits: numbers that nothing could hold are cut down")
{
    ReportedLimits reported = plausible_report();
    constexpr uint32_t absurd = std::numeric_limits<uint32_t>::max();
    reported.limits.maxComputeWorkGroupCount[0] = absurd;
    reported.limits.maxComputeSharedMemorySize = absurd;
    reported.limits.maxStorageBufferRange = absurd;
    reported.limits.maxTexelBufferElements = absurd;
    reported.max_allocation_bytes = std::numeric_limits<VkDeviceSize>::max();
    const Limits limits = sanitise(reported);
    constexpr uint32_t max_int = std::numeric_limits<int32_t>::max();
    CHECK(limits.max_workgroup_count[0] == max_int);
    CHECK(limits.max_shared_memory_bytes == max_int);
    CHECK(limits.max_texel_buffer_elements == max_int);
    CHECK(limits.max_storage_buffer_range_bytes % 256 == 0);
    CHECK(limits.max_allocation_bytes == reported.largest_heap_bytes);
}

TEST_CASE("limits: alignments that are no power of two, or too small or large, are replaced")
{
    ReportedLimits reported = plausible_report();
    reported.limits.minStorageBufferOffsetAlignment = 48;
    reported.limits.minTexelBufferOffsetAlignment = 1;
    CHECK(sanitise(reported).storage_buffer_alignment_bytes == 256);
    CHECK(sanitise(reported).texel_buffer_alignment_bytes == 16);
    reported.limits.minStorageBufferOffsetAlignment = 4096;
    CHECK(sanitise(reported).storage_buffer_alignment_bytes == 256);
}

TEST_CASE("limits: a subgroup size that is no power of two up to 128 counts as unknown")
{
    ReportedLimits reported = plausible_report();
    for (const uint32_t size : {0u, 3u, 48u, 256u, 0xFFFFFFFFu})
    {
        CAPTURE(size);
        reported.subgroup_size = size;
        CHECK(sanitise(reported).subgroup_size == 0);
        CHECK_FALSE(sanitise(reported).has_subgroup_shuffle);
    }
    for (const uint32_t size : {1u, 4u, 8u, 64u, 128u})
    {
        CAPTURE(size);
        reported.subgroup_size = size;
        CHECK(sanitise(reported).subgroup_size == size);
    }
}

TEST_CASE("limits: subgroups count only where compute shaders have them, and shuffles only where offered")
{
    ReportedLimits reported = plausible_report();
    reported.subgroup_operations = VK_SUBGROUP_FEATURE_BASIC_BIT;
    CHECK(sanitise(reported).subgroup_size == 32);
    CHECK_FALSE(sanitise(reported).has_subgroup_shuffle);
    reported.subgroup_stages = VK_SHADER_STAGE_FRAGMENT_BIT;
    CHECK(sanitise(reported).subgroup_size == 0);
}

TEST_CASE("limits: the minimum device has the specification's minimum, whatever the device")
{
    ReportedLimits reported = plausible_report();
    reported.identity.type = VK_PHYSICAL_DEVICE_TYPE_CPU;
    reported.has_storage_f16 = true;
    reported.has_arithmetic_f16 = true;
    const Limits minimum = clamp_to_minimum(sanitise(reported));
    CHECK(minimum.max_workgroup_invocations == 128);
    CHECK(minimum.max_shared_memory_bytes == 16384);
    CHECK(minimum.max_storage_buffer_range_bytes == size_t(1) << 27);
    CHECK(minimum.max_texel_buffer_elements == 65536);
    CHECK(minimum.storage_buffer_alignment_bytes == 256);
    CHECK(minimum.subgroup_size == 0);
    CHECK_FALSE(minimum.has_subgroup_shuffle);
    CHECK_FALSE(minimum.has_storage_f16);
    CHECK_FALSE(minimum.has_arithmetic_f16);
    CHECK(minimum.khr_matrix.rows == 0);
    CHECK(minimum.preferences.registers == Preferences().registers); // it stands for devices that nobody here has
    CHECK_FALSE(minimum.preferences.reads_texels);
}

} // namespace vkseg::vk::reported_limits_test
