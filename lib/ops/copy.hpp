#pragma once

#include "ops/plan.hpp"

#include <optional>

/// Moves of values without arithmetic, which is what many operators and every change of layout come down to: the
/// operator says where each value comes from, this file finds the kernel.
namespace vkseg {

/// Walking one place along a part of the destination walks `source_step` places along one axis of the source.
struct MoveAxis
{
    int64_t extent = 1;
    size_t source_axis = 0;
    int64_t source_step = 1; ///< 0: the source stays where it is; negative: it is read backwards
};

/// Where the values of a region of the destination come from. `axes`, outermost first, take the row-major index within
/// the region apart: their extents multiply to its number of values, but they need not be the region's own axes. At
/// most six of them walk the source on ways of their own.
struct Move
{
    Shape region;
    std::vector<MoveAxis> axes;
    std::array<int64_t, Shape::max_rank> source_begin = {};
    std::array<int64_t, Shape::max_rank> destination_begin = {}; ///< copy_elements only; else the region is all
};

struct MoveEnds
{
    const Operand& source;
    Binding source_binding = input(0);
    const Operand& destination;
    Binding destination_binding = output(0);
};

/// The move as a copy of whole elements of four values, the fast way, if blocks of channels or runs of values line up.
std::optional<Dispatch> copy_elements(const Move& move, const MoveEnds& ends, const Limits& limits);

/// The move, which fills the whole destination, in one launch.
Dispatch copy(const Move& move, const MoveEnds& ends, const Limits& limits);

/// A plan with that launch from input 0 to output 0, after checking that both fit a binding.
Result<Plan> plan_copy(const Move& move, const PlanRequest& request);

/// The same values in row-major order under another shape.
Move reshape_move(const Shape& from, const Shape& to);

/// Input 0 as `from` becomes output 0 as `to`: another layout, other pitches, or another shape of as many values. Or
/// else floats of the same shape and layout become those of another storage type.
Result<Plan> plan_conversion(const Operand& from, const Operand& to, const Limits& limits);

} // namespace vkseg
