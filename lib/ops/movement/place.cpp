#include "ops/movement/place.hpp"

namespace vkseg {
namespace {

/// Index of a tensor's axis among the kernel's axes (1, N, C, D, H, W). Tensors of rank 0, 1 and 6, always linear, are
/// aligned to the right.
size_t kernel_axis(size_t axis, size_t rank)
{
    const bool is_leading = rank >= 2 && rank <= 5 && axis < 2;
    return is_leading ? axis + 1 : 6 - rank + axis;
}

} // namespace

Dispatch place(const Placement& placement, const MoveEnds& ends, const Limits& limits)
{
    const Operand& source = ends.source;
    const Operand& destination = ends.destination;
    assert(source.shape.rank() == destination.shape.rank() && source.storage == destination.storage);
    contract::PadPush push = {.extents = {1, 1, 1, 1, 1, 1},
                              .source_extents = {1, 1, 1, 1, 1, 1},
                              .begins = {},
                              .source = source.view,
                              .destination = destination.view,
                              .is_source_blocked = source.layout == Layout::blocked,
                              .is_destination_blocked = destination.layout == Layout::blocked,
                              .outside = placement.outside,
                              .value = placement.value,
                              .block_channels = 0};
    for (size_t axis = 0; axis < source.shape.rank(); ++axis)
    {
        const size_t place = kernel_axis(axis, source.shape.rank());
        push.extents[place] = int(destination.shape[axis]);
        push.source_extents[place] = int(source.shape[axis]);
        push.begins[place] = int(placement.begin[axis]);
    }
    const bool is_blocked = source.layout == Layout::blocked && destination.layout == Layout::blocked;
    if (is_blocked && source.channels() == destination.channels() && placement.begin[1] == 0 &&
        placement.outside != contract::outside_is_kept)
    {
        push.block_channels = destination.channels();
        push.extents[2] = destination.blocks();
        push.source_extents[2] = destination.blocks();
    }
    Dispatch dispatch;
    dispatch.shader = Shader::pad;
    dispatch.variant = destination.storage == Storage::f16 ? Storage::f16 : Storage::f32;
    dispatch.bindings = {ends.destination_binding, ends.source_binding};
    dispatch.push_constants = push;
    dispatch.operations = double(destination.elements4()) * 64;
    set_linear_grid(dispatch, destination.elements4(), limits);
    return dispatch;
}

} // namespace vkseg
