#pragma once

#include "vkseg/operators.hpp"

/// The arithmetic of Resize along one axis. It is done on the host once per plan, so that kernels need not know the
/// ways in which coordinates are mapped, nor round them as a device's division does.
namespace vkseg {

struct ResizeAxis
{
    int64_t input = 1;
    int64_t output = 1;
    float scale = 1;
    bool is_ratio = true; ///< the scale stands for output / input, which f32 may not hold exactly
    float roi_begin = 0;
    float roi_end = 1;
};

/// Every axis of x; roi, scales and sizes must fit its shape.
Result<std::vector<ResizeAxis>> resolve_resize(const Resize& op, const Shape& x);

/// A source position and its weight. A position of −1 in the first tap: what lies there is extrapolation_value.
struct ResizeTap
{
    int32_t position = 0;
    float weight = 1;
};

/// Number of taps of each output position: 1, 2 or 4.
int tap_count(const Resize& op, const ResizeAxis& axis);
/// The taps of all output positions in turn.
std::vector<ResizeTap> taps_of(const Resize& op, const ResizeAxis& axis);

} // namespace vkseg
