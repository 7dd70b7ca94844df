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

/// An axis of both tensors.
struct PlacedAxis
{
    int64_t destination = 1;
    int64_t source = 1;
    int64_t begin = 0;

    bool is_whole() const { return destination == source && begin == 0; }
};

/// Lets the kernel move whole elements of linear tensors: the innermost axes, which must be placed whole, are the
/// columns of a blocked tensor of four channels, and up to three other axes its batch and rows. False if the tensors
/// are not so.
bool place_elements(const Placement& placement, const MoveEnds& ends, contract::PadPush& push)
{
    std::vector<PlacedAxis> axes;
    for (size_t axis = 0; axis < ends.source.shape.rank(); ++axis)
    {
        const PlacedAxis placed = {.destination = ends.destination.shape[axis],
                                   .source = ends.source.shape[axis],
                                   .begin = placement.begin[axis]};
        if (placed.is_whole() && !axes.empty() && axes.back().is_whole())
            axes.back() = {.destination = axes.back().destination * placed.destination,
                           .source = axes.back().source * placed.source};
        else
            axes.push_back(placed);
    }
    const bool is_linear = ends.source.layout == Layout::linear && ends.destination.layout == Layout::linear;
    if (!is_linear || placement.outside == contract::outside_is_kept || axes.empty() || axes.size() > 4 ||
        !axes.back().is_whole() || axes.back().source % 4 != 0)
        return false;
    axes.insert(axes.begin(), 4 - axes.size(), PlacedAxis());
    const int columns = int(axes[3].source / 4);
    const size_t places[] = {1, 3, 4}; // batch, depth and height
    for (size_t i = 0; i < 3; ++i)
    {
        push.extents[places[i]] = int(axes[i].destination);
        push.source_extents[places[i]] = int(axes[i].source);
        push.begins[places[i]] = int(axes[i].begin);
    }
    push.extents[5] = push.source_extents[5] = columns;
    push.block_channels = 4;
    push.source = {.offset = ends.source.view.offset,
                   .batch_pitch = int(axes[1].source * axes[2].source) * columns,
                   .row_pitch = columns};
    push.destination = {.offset = ends.destination.view.offset,
                        .batch_pitch = int(axes[1].destination * axes[2].destination) * columns,
                        .row_pitch = columns};
    return true;
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
    const bool moves_elements = place_elements(placement, ends, push);
    for (size_t axis = 0; axis < source.shape.rank() && !moves_elements; ++axis)
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
