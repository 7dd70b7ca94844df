#pragma once

#include "vkseg/device.hpp"

/// Peak throughput of a device, to compare the times of networks with:
///
///     const Result<Calibration> peak = calibrate(*device);
///     if (peak.is_ok())
///         std::printf("%.0f GFLOP/s, %.0f GB/s\n", peak->multiply_add_gflop_per_s, peak->kernel_copy_gb_per_s);
namespace vkseg {

/// Peak throughput, from micro-benchmarks.
struct Calibration
{
    /// 1e9 operations a second in f32 multiply-adds on values in registers; a multiply-add counts as two operations.
    double multiply_add_gflop_per_s = 0;
    /// 1e9 bytes read and written a second by a kernel that copies between two storage buffers larger than the caches.
    double kernel_copy_gb_per_s = 0;
    /// The same for the driver's own copy between these buffers.
    double transfer_copy_gb_per_s = 0;
};

/// Measures for about a second and returns the best of several runs. The device should be idle otherwise. Needs 256 MiB
/// of device memory; fails with out_of_memory if there is less.
VKSEG_API Result<Calibration> calibrate(const Device& device);

} // namespace vkseg
