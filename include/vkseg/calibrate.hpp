#pragma once

#include "vkseg/device.hpp"

namespace vkseg {

/// What a device can do at best, as kernels that do nothing else show it: what times of networks are compared with.
struct Calibration
{
    /// 1e9 additions and multiplications a second of f32 multiply-adds, two operations each, on values in registers.
    double multiply_add_gflop_per_s = 0;
    /// 1e9 bytes read and written a second by a kernel that copies one storage buffer to another, both larger than
    /// caches are.
    double kernel_copy_gb_per_s = 0;
    /// The same of the driver's own copy between the same buffers.
    double transfer_copy_gb_per_s = 0;
};

/// Measures for about a second, on a device that should have nothing else to do; the best of several runs counts.
/// Needs 256 MiB of device memory; fails with out_of_memory where there is less.
VKSEG_API Result<Calibration> calibrate(const Device& device);

} // namespace vkseg
