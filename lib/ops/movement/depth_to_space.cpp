#include "ops/movement/copy.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include "base/checked_arithmetic.hpp"
#include "base/try.hpp"

namespace vkseg {

Signature signature(const DepthToSpace&)
{
    return {.name = "DepthToSpace"};
}

Result<Outputs> infer(const DepthToSpace& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 1));
    const Shape& x = inputs[0].shape;
    constexpr int64_t largest_block = 32768; // whose square counts in 32 bits
    if (x.rank() != 4)
        return Status(StatusCode::invalid_model, "the input must be N x C x H x W, got " + to_string(x));
    if (op.block_size < 1 || op.block_size > largest_block)
        return Status(StatusCode::invalid_model, "blocksize must be 1 or more, got " + std::to_string(op.block_size));
    const int64_t block = op.block_size * op.block_size;
    int64_t height = 0;
    int64_t width = 0;
    if (x[1] % block != 0)
        return Status(StatusCode::invalid_model, "blocksize " + std::to_string(op.block_size) +
                                                     " needs a multiple of " + std::to_string(block) +
                                                     " channels, got " + std::to_string(x[1]));
    if (multiply_overflows(x[2], op.block_size, height) || multiply_overflows(x[3], op.block_size, width))
        return Status(StatusCode::unsupported,
                      "blocksize " + std::to_string(op.block_size) + " is too large for an input " + to_string(x));
    return single_output(inputs[0].type, {x[0], x[1] / block, height, width});
}

LayoutRule layout_rule(const DepthToSpace&, Inputs)
{
    return LayoutRule::any;
}

Result<Plan> plan(const DepthToSpace& op, const PlanRequest& request)
{
    const Shape& x = request.inputs[0].shape;
    const Shape& shape = request.outputs[0].shape;
    const int64_t block = op.block_size;
    // Distances in the input's channels between neighbours in the output: channels, and rows and columns of a block.
    const bool is_depth_first = op.order == DepthOrder::depth_column_row;
    const int64_t channel_step = is_depth_first ? 1 : block * block;
    const int64_t column_step = is_depth_first ? shape[1] : 1;
    const Move move = {.region = shape,
                       .axes = {{.extent = x[0], .source_axis = 0},
                                {.extent = shape[1], .source_axis = 1, .source_step = channel_step},
                                {.extent = x[2], .source_axis = 2},
                                {.extent = block, .source_axis = 1, .source_step = column_step * block},
                                {.extent = x[3], .source_axis = 3},
                                {.extent = block, .source_axis = 1, .source_step = column_step}}};
    return plan_copy(move, request);
}

} // namespace vkseg
