#pragma once

#include "vkseg/operators.hpp"

/// Arithmetic of Resize along one axis. The host does it once per plan, so that kernels need not support every
/// coordinate transformation, and results do not depend on the rounding of a device's division.
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

/// A source position and its weight. A position of −1 in the first tap stands for extrapolation_value.
struct ResizeTap
{
    int32_t position = 0;
    float weight = 1;
};

/// Number of taps of each output position: 1, 2 or 4, or as many as an antialiasing filter covers.
int tap_count(const Resize& op, const ResizeAxis& axis);
/// The taps of all output positions in turn.
std::vector<ResizeTap> taps_of(const Resize& op, const ResizeAxis& axis);

} // namespace vkseg
