#include "ops/movement/copy.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/checked_arithmetic.hpp"
#include "base/try.hpp"

namespace vkseg {

Signature signature(const SpaceToDepth&)
{
    return {.name = "SpaceToDepth"};
}

Result<Outputs> infer(const SpaceToDepth& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    if (x.rank() != 4)
        return Status(StatusCode::invalid_model, "the input must be N x C x H x W, got " + to_string(x));
    if (op.block_size < 1)
        return Status(StatusCode::invalid_model, "blocksize must be 1 or more, got " + std::to_string(op.block_size));
    if (x[2] % op.block_size != 0 || x[3] % op.block_size != 0)
        return Status(StatusCode::invalid_model, "height and width must be multiples of blocksize " +
                                                     std::to_string(op.block_size) + ", got " + to_string(x));
    int64_t channels = 0;
    if (multiply_overflows(x[1], op.block_size, channels) || multiply_overflows(channels, op.block_size, channels))
        return Status(StatusCode::unsupported,
                      "blocksize " + std::to_string(op.block_size) + " is too large for an input " + to_string(x));
    return single_output(inputs[0].type, {x[0], channels, x[2] / op.block_size, x[3] / op.block_size});
}

LayoutRule layout_rule(const SpaceToDepth&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const SpaceToDepth& op, const PlanRequest& request)
{
    const Shape& x = request.inputs[0].shape;
    const Shape& shape = request.outputs[0].shape;
    const int64_t block = op.block_size;
    const Move move = {.region = shape,
                       .axes = {{.extent = x[0], .source_axis = 0},
                                {.extent = block, .source_axis = 2},
                                {.extent = block, .source_axis = 3},
                                {.extent = x[1], .source_axis = 1},
                                {.extent = shape[2], .source_axis = 2, .source_step = block},
                                {.extent = shape[3], .source_axis = 3, .source_step = block}}};
    return plan_copy(move, request);
}

} // namespace vkseg
