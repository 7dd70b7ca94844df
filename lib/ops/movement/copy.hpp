#pragma once

#include "ops/plan.hpp"

#include <optional>

/// Moves of values without arithmetic, to which many operators and every change of layout reduce: the operator says
/// where each value comes from, this file finds the kernel.
namespace vkseg {

/// One step along this part of the destination is `source_step` steps along one axis of the source.
struct MoveAxis
{
    int64_t extent = 1;
    size_t source_axis = 0;
    int64_t source_step = 1; ///< 0: the source position does not change; negative: the source is read backwards
};

/// Source of the values of a region of the destination. `axes`, outermost first, decompose the row-major index within
/// the region: the product of their extents is the region's number of values, but they need not be the region's own
/// axes. At most six of them may have strides of their own in the source.
struct Move
{
    Shape region;
    std::vector<MoveAxis> axes;
    std::array<int64_t, Shape::max_rank> source_begin = {};
    std::array<int64_t, Shape::max_rank> destination_begin =
        {}; ///< copy_elements only; otherwise the region is the whole destination
};

struct MoveEnds
{
    const Operand& source;
    Binding source_binding = input(0);
    const Operand& destination;
    Binding destination_binding = output(0);
};

/// The move as a copy of whole elements of four values, the fast path; nullopt unless blocks of channels or runs of
/// values line up.
std::optional<Dispatch> copy_elements(const Move& move, const MoveEnds& ends, const Limits& limits);

/// The move, which fills the whole destination, in one launch.
Dispatch copy(const Move& move, const MoveEnds& ends, const Limits& limits);

/// A plan with the launch of `copy` from input 0 to output 0, after checking that both fit a binding.
Result<Plan> plan_copy(const Move& move, const PlanRequest& request);

/// The same values in row-major order under another shape.
Move reshape_move(const Shape& from, const Shape& to);

/// Converts input 0, as `from`, to output 0, as `to`: another layout, other pitches, or another shape with as many
/// values. Alternatively converts floats of the same shape and layout to another storage type.
Result<Plan> plan_conversion(const Operand& from, const Operand& to, const Limits& limits);

} // namespace vkseg
