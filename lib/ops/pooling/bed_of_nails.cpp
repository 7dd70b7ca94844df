#include "pooling/bed_of_nails.h"

#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"
#include "ops/window.hpp"

namespace vkseg {
namespace {

/// The stride of one of the axes depth, height, width, which the tensor may lack.
int stride_of(const BedOfNails& op, size_t axis)
{
    const size_t missing = 3 - op.strides.size();
    return axis < missing ? 1 : int(op.strides[axis - missing]);
}

} // namespace

Signature signature(const BedOfNails&)
{
    return {.name = "BedOfNails"};
}

Result<Outputs> infer(const BedOfNails& op, Inputs inputs)
{
    VKSEG_TRY(check_spatial_input(inputs));
    const TensorInfo& x = inputs[0];
    if (op.strides.size() != x.shape.rank() - 2)
        return Status(StatusCode::invalid_model, "strides must have one entry for each spatial axis of " +
                                                     to_string(x.shape) + ", got " + std::to_string(op.strides.size()));
    Shape y = x.shape;
    for (size_t axis = 0; axis < op.strides.size(); ++axis)
    {
        const int64_t stride = op.strides[axis];
        if (stride < 1 || stride > largest_extent || stride * x.shape[axis + 2] > largest_extent)
            return Status(StatusCode::invalid_model,
                          "strides must be at least 1 and make extents of at most 2^30, got " + std::to_string(stride));
        y[axis + 2] *= stride;
    }
    return single_output(x.type, y);
}

LayoutRule layout_rule(const BedOfNails&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const BedOfNails& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& y = request.outputs[0];
    const Operand* const operands[] = {&y, &x};
    VKSEG_ASSIGN(const std::vector<BlockShare> shares, share_blocks(operands, request.limits));
    Plan plan;
    for (const BlockShare& share : shares)
    {
        const BlockWindow from = bind_share(input(0), x, share, request.limits);
        const BlockWindow to = bind_share(output(), y, share, request.limits);
        Dispatch dispatch = {.shader = Shader::bed_of_nails, .variant = request.real};
        dispatch.push_constants = contract::BedOfNails{.x = from.view,
                                                       .y = to.view,
                                                       .blocks = share.blocks,
                                                       .depth = y.depth(),
                                                       .height = y.height(),
                                                       .width = y.width(),
                                                       .depth_stride = stride_of(op, 0),
                                                       .height_stride = stride_of(op, 1),
                                                       .width_stride = stride_of(op, 2)};
        dispatch.bindings = {to.binding, from.binding};
        set_share_grid(dispatch, y, share, request.limits);
        dispatch.operations = 4.0 * share.batches * share.blocks * y.rows() * y.width();
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

} // namespace vkseg
