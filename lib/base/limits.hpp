#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace vkseg {

/// Of matrices that subgroups multiply together, halves with sums in f32: rows × depth by depth × columns.
struct MatrixShape
{
    uint32_t rows = 0; ///< 0: there are none
    uint32_t columns = 0;
    uint32_t depth = 0;

    friend bool operator==(const MatrixShape&, const MatrixShape&) = default;
};

/// Cost of shared memory and barriers.
enum class SharedMemory : uint8_t
{
    slow,      ///< Slower than caches: used only where a kernel cannot do without.
    as_caches, ///< As fast as caches: staging operands gains nothing.
    fast,
};

/// Preferences among kernels that all run. Vulkan reports none of these: lib/vk/quirks.cpp sets them by vendor and
/// device. The defaults are cautious, for an unknown GPU.
struct Preferences
{
    /// Budget of 32-bit registers for an invocation. More would spill, or leave too few waves on a core to hide
    /// latency.
    int registers = 64;
    /// The budget, if it is larger, of kernels whose invocations share nothing: they lose nothing where a compiler runs
    /// half as many in step, each with twice the registers.
    int narrow_registers = 0;
    /// Products of halves, of which four are summed in halves, are computed faster than in f32. Only where there is
    /// arithmetic of halves.
    bool multiplies_halves = false;
    /// Convolutions that differ in activation, residual or size of the plane share a pipeline, at a few instructions
    /// each: phones take long to compile one.
    bool shares_pipelines = true;
    uint32_t lanes = 32;       ///< Invocations that run in step; a workgroup with fewer wastes the rest.
    bool reads_texels = false; ///< Four values load faster from a texel buffer than from a storage buffer.
    bool shuffles = false;     ///< Subgroups pass weights around faster than every invocation loads them.
    SharedMemory shared_memory = SharedMemory::as_caches;
    /// Scratch memory between two dispatches of one operator: large enough to keep the device busy, small enough for
    /// caches.
    size_t scratch_bytes_at_a_time = size_t(32) << 20;
    /// Cost of writing a value and reading it again, in multiply-adds; weighs Winograd's transforms.
    double transform_cost = 64;

    friend bool operator==(const Preferences&, const Preferences&) = default;
};

/// What a device reports, sanitised, and nothing of Vulkan: operators choose their kernels by it.
/// The defaults are the minimum that the Vulkan 1.1 specification guarantees (section 33, "Required Limits").
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
    /// Most iterations of all loops of a kernel together. llvmpipe leaves the loops after more, without an error.
    int64_t max_loop_turns = 65000;
    uint32_t subgroup_size = 0;        ///< 0: unknown or not usable in compute shaders.
    bool has_subgroup_shuffle = false; ///< Basic and shuffle operations in compute shaders.
    bool has_storage_f16 = false;      ///< 16-bit values in storage buffers.
    bool has_arithmetic_f16 = false;
    MatrixShape khr_matrix; ///< Of VK_KHR_cooperative_matrix.
    MatrixShape nv_matrix;  ///< Of VK_NV_cooperative_matrix.
    Preferences preferences;

    friend bool operator==(const Limits&, const Limits&) = default;
};

} // namespace vkseg
