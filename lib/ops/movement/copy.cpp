#include "ops/movement/copy.hpp"

#include "base/try.hpp"
#include "movement/copy.h"
#include "movement/copy_elements.h"
#include "ops/elementwise/elementwise.hpp"
#include "ops/movement/copy_loops.hpp"

#include <algorithm>

namespace vkseg {
namespace {

constexpr size_t max_axes = 6; // maximum of the kernels
constexpr double operations_per_value = 8;

Dispatch launch_copy(Shader shader, const MoveEnds& ends)
{
    Dispatch dispatch;
    dispatch.shader = shader;
    // Values are moved as bits, so that integers take the build for 32-bit floats.
    dispatch.variant = ends.destination.storage == Storage::f16 ? Storage::f16 : Storage::f32;
    dispatch.bindings = {ends.destination_binding, ends.source_binding};
    return dispatch;
}

} // namespace

std::optional<Dispatch> copy_elements(const Move& move, const MoveEnds& ends, const Limits& limits)
{
    assert(ends.source.storage == ends.destination.storage && ends.source.storage != Storage::u8);
    const std::optional<ElementLoops> found = element_loops(move, ends);
    if (!found || found->nest.size() > max_axes)
        return std::nullopt;

    contract::CopyElements push = {.extents = {},
                                   .source_strides = {},
                                   .destination_strides = {},
                                   .axes = int(found->nest.size()),
                                   .source_offset = int(found->source_offset),
                                   .destination_offset = int(found->destination_offset),
                                   .elements = 1};
    for (size_t i = 0; i < found->nest.size(); ++i)
    {
        const CopyLoop& loop = found->nest[i];
        push.extents[i] = int(loop.extent);
        push.source_strides[i] = int(loop.strides[0]);
        push.destination_strides[i] = int(loop.strides[1]);
        push.elements *= int(loop.extent);
    }
    Dispatch dispatch = launch_copy(Shader::copy_elements, ends);
    dispatch.push_constants = push;
    dispatch.operations = push.elements * operations_per_value;
    set_linear_grid(dispatch, push.elements, limits);
    return dispatch;
}

Dispatch copy(const Move& move, const MoveEnds& ends, const Limits& limits)
{
    assert(move.region == ends.destination.shape);
    if (std::optional<Dispatch> whole = copy_elements(move, ends, limits))
        return *whole;

    const Operand& source = ends.source;
    const Operand& destination = ends.destination;
    const bool is_source_blocked = source.layout == Layout::blocked;
    const auto strides = strides_of(source);
    int64_t offset = is_source_blocked ? source.view.offset : int64_t(source.view.offset) * 4;
    for (size_t axis = 0; axis < source.shape.rank(); ++axis)
    {
        if (!is_source_blocked || axis != 1)
            offset += move.source_begin[axis] * strides[axis];
    }
    std::vector<CopyLoop> nest;
    for (const MoveAxis& axis : move.axes)
    {
        if (is_source_blocked && axis.source_axis == 1)
            append(nest, {axis.extent, {0, axis.source_step}});
        else
            append(nest, {axis.extent, {axis.source_step * strides[axis.source_axis], 0}});
    }
    assert(nest.size() <= max_axes);

    contract::Copy push = {.extents = {},
                           .strides = {},
                           .channel_strides = {},
                           .axes = int(nest.size()),
                           .source_offset = int(offset),
                           .source_channel = is_source_blocked ? int(move.source_begin[1]) : 0,
                           .source_block_pitch = is_source_blocked ? source.view.block_pitch : 0,
                           .destination = destination.view,
                           .batches = 1,
                           .channels = 0,
                           .rows = 1,
                           .width = 1,
                           .elements = int(destination.shape.elements())};
    for (size_t i = 0; i < nest.size(); ++i)
    {
        push.extents[i] = int(nest[i].extent);
        push.strides[i] = int(nest[i].strides[0]);
        push.channel_strides[i] = int(nest[i].strides[1]);
    }
    if (destination.layout == Layout::blocked)
    {
        push.batches = destination.batch();
        push.channels = destination.channels();
        push.rows = destination.rows();
        push.width = destination.width();
    }
    Dispatch dispatch = launch_copy(Shader::copy, ends);
    dispatch.push_constants = push;
    dispatch.operations = double(push.elements) * operations_per_value;
    set_linear_grid(dispatch, destination.elements4(), limits);
    return dispatch;
}

Result<Plan> plan_copy(const Move& move, const PlanRequest& request)
{
    const Operand& source = request.inputs[0];
    const Operand& destination = request.outputs[0];
    VKSEG_TRY(check_binding("input", source, request.limits));
    VKSEG_TRY(check_binding("output", destination, request.limits));
    Plan plan;
    plan.dispatches.push_back(copy(move, {.source = source, .destination = destination}, request.limits));
    return plan;
}

Move reshape_move(const Shape& from, const Shape& to)
{
    assert(from.elements() == to.elements());
    // Both shapes are split into common factors as far as there are any, so that blocks of channels can line up.
    Move move = {.region = to, .axes = {}, .source_begin = {}, .destination_begin = {}};
    size_t outer_to = to.rank();
    int64_t wanted = 1;
    bool has_common_factors = true;
    for (size_t axis = from.rank(); axis-- > 0;)
    {
        int64_t rest = from[axis];
        int64_t step = 1;
        while (rest > 1 && has_common_factors)
        {
            while (wanted == 1 && outer_to > 0)
                wanted = to[--outer_to];
            const int64_t factor = std::min(rest, wanted);
            has_common_factors = factor > 1 && rest % factor == 0 && wanted % factor == 0;
            if (!has_common_factors)
                break;
            move.axes.push_back({.extent = factor, .source_axis = axis, .source_step = step});
            step *= factor;
            rest /= factor;
            wanted /= factor;
        }
        if (rest > 1)
            move.axes.push_back({.extent = rest, .source_axis = axis, .source_step = step});
    }
    std::reverse(move.axes.begin(), move.axes.end());
    return move;
}

Result<Plan> plan_conversion(const Operand& from, const Operand& to, const Limits& limits)
{
    const Operand inputs[] = {from};
    const Operand outputs[] = {to};
    const PlanRequest request = {
        .inputs = inputs, .outputs = outputs, .infos = {}, .limits = limits, .real = to.storage};
    if (from.storage == to.storage)
        return plan_copy(reshape_move(from.shape, to.shape), request);
    assert(from.layout == to.layout && from.shape == to.shape);
    return plan_elementwise({.in_step = Shader::cast_storage, .variant = to.storage}, request, 1);
}

} // namespace vkseg
