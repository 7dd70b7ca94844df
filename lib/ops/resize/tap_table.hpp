#pragma once

#include "ops/packing.hpp"
#include "ops/plan.hpp"
#include "ops/resize/resize_taps.hpp"

namespace vkseg {

/// Table of taps that resizing kernels read (shaders/resize/resize.h).
class TapTable
{
public:
    /// `axes` are all axes of x, from resolve_resize().
    TapTable(const Resize& op, std::span<const ResizeAxis> axes);

    /// True if depth is not resized, and planes need few taps, so that their kernels suffice. Height and width then
    /// have the same number of taps, and the table holds their taps in pairs.
    bool is_plane() const { return is_plane_; }
    /// For each output position of depth, height and width.
    const std::array<int, 3>& taps() const { return taps_; }
    /// First element of the taps of an axis.
    int64_t begin(size_t axis) const { return axis == 0 ? 0 : ends_[axis - 1]; }
    size_t bytes() const { return size_t(ends_.back()) * element_bytes(Storage::f32); }

    /// Fails if the device cannot bind the table.
    Status check(const Limits& limits) const;
    Packing pack() const;

private:
    void write(std::span<std::byte> to) const;

    Resize op_;
    std::array<ResizeAxis, 3> axes_; ///< depth, height and width; those that the tensor lacks are of extent 1
    bool is_plane_ = false;
    std::array<int, 3> taps_ = {};
    std::array<int64_t, 3> ends_ = {};
};

} // namespace vkseg
