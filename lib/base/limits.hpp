#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace vkseg {

/// Sizes of a cooperative matrix product, f16 with f32 sums: rows × depth times depth × columns.
struct MatrixShape
{
    uint32_t rows = 0; ///< 0: not supported
    uint32_t columns = 0;
    uint32_t depth = 0;

    friend bool operator==(const MatrixShape&, const MatrixShape&) = default;
};

/// Cost of shared memory and barriers.
enum class SharedMemory : uint8_t
{
    slow,      ///< Slower than caches: used only if a kernel cannot do without it.
    as_caches, ///< Equal in speed to caches: staging operands gains nothing.
    fast,
};

/// Preferences among kernels that would all run. Vulkan does not report them: lib/vk/quirks.cpp sets them by vendor and
/// device. The defaults are conservative, for an unknown GPU.
struct Preferences
{
    /// Budget of 32-bit registers per invocation. Kernels with more would spill, or reduce occupancy too far to hide
    /// latency.
    int registers = 64;
    /// Register budget, if larger, of kernels whose invocations share nothing. Such kernels lose nothing if a compiler
    /// runs half as many invocations in lockstep with twice the registers each.
    int narrow_registers = 0;
    /// Further limit on the registers of kernels that do little but load and store: with fewer registers, more
    /// invocations run at a time and hide the latency of memory.
    int memory_registers = std::numeric_limits<int>::max();
    /// True if values that are equal in a whole subgroup take no registers of the budget.
    bool has_scalar_registers = false;

    /// Register budget of kernels whose invocations share nothing.
    int unshared_registers() const { return std::max(registers, narrow_registers); }

    /// True if f16 products, summed by fours in f16, are faster than f32 products. Requires f16 arithmetic.
    bool multiplies_halves = false;
    /// True if convolutions of bytes with 32-bit sums are faster than those of floats.
    bool multiplies_bytes = false;
    /// Lets convolutions that differ in activation, residual or plane size share a pipeline, at the cost of a few
    /// instructions each: phones take long to compile a pipeline.
    bool shares_pipelines = true;
    /// True if dense convolutions of several taps are faster in the smallest subgroups that the device offers, with
    /// more registers for each invocation.
    bool narrows_dense_subgroups = false;
    uint32_t lanes = 32;       ///< Invocations that run in lockstep; a smaller workgroup wastes the rest.
    bool reads_texels = false; ///< True if four values load faster from a texel buffer than from a storage buffer.
    bool shuffles = false;     ///< True if sharing weights by subgroup shuffles is faster than loading them.
    SharedMemory shared_memory = SharedMemory::as_caches;
    /// Size of the scratch memory between two dispatches of one operator: large enough to keep the device busy, small
    /// enough for caches.
    size_t scratch_bytes_at_a_time = size_t(32) << 20;
    /// Cost of writing and rereading a value, in multiply-adds; weighs Winograd's transforms.
    double transform_cost = 64;

    friend bool operator==(const Preferences&, const Preferences&) = default;
};

/// Sanitised limits of a device, without Vulkan types; operators choose their kernels by them. The defaults are the
/// minimum that the Vulkan 1.1 specification guarantees (section 33, "Required Limits").
struct Limits
{
    uint32_t max_workgroup_invocations = 128;
    std::array<uint32_t, 3> max_workgroup_size = {128, 128, 64};
    std::array<uint32_t, 3> max_workgroup_count = {65535, 65535, 65535};
    size_t max_shared_memory_bytes = 16384;
    size_t max_storage_buffer_range_bytes = size_t(1) << 27;
    size_t max_allocation_bytes = size_t(1) << 30;
    size_t max_texel_buffer_elements = 65536;
    size_t storage_buffer_alignment_bytes = 256;
    size_t texel_buffer_alignment_bytes = 256;
    /// Max. total iterations of all loops of a kernel. llvmpipe leaves the loops after more, without an error.
    int64_t max_loop_turns = 65000;
    uint32_t subgroup_size = 0;        ///< 0: unknown or not usable in compute shaders.
    bool has_subgroup_shuffle = false; ///< Basic and shuffle operations in compute shaders.
    bool has_storage_f16 = false;      ///< 16-bit values in storage buffers.
    bool has_arithmetic_f16 = false;
    bool has_packed_dot = false; ///< VK_KHR_shader_integer_dot_product
    MatrixShape khr_matrix;      ///< From VK_KHR_cooperative_matrix.
    MatrixShape nv_matrix;       ///< From VK_NV_cooperative_matrix.
    Preferences preferences;

    friend bool operator==(const Limits&, const Limits&) = default;
};

} // namespace vkseg
