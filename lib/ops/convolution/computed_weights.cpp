#include "ops/convolution/computed_weights.hpp"

#include "base/try.hpp"
#include "convolution/pack_weights.h"

namespace vkseg {

Status add_packing(Plan& plan, const PlanRequest& request, const ComputedWeights& weights, const WeightOrder& order,
                   ConvolutionPlan& shared)
{
    const int64_t elements = order.elements() * weights.entries;
    plan.scratch_bytes.push_back(size_t(elements) * element_bytes(shared.weights));
    VKSEG_TRY(check_scratch("the packed weights", plan.scratch_bytes.back(), request.limits));
    shared.packed = scratch(uint32_t(plan.scratch_bytes.size() - 1));
    shared.weights_elements = elements;

    Dispatch dispatch = {.shader = Shader::pack_weights, .variant = shared.weights};
    dispatch.push_constants = contract::PackWeights{.offset = int(weights.offset),
                                                    .entry_stride = int(weights.entry_stride),
                                                    .output_stride = int(weights.output_stride),
                                                    .block_stride = int(weights.block_stride),
                                                    .lane_stride = int(weights.lane_stride),
                                                    .row_stride = int(weights.row_stride),
                                                    .column_stride = int(weights.column_stride),
                                                    .elements = int(order.elements()),
                                                    .entries = weights.entries,
                                                    .tile_pitch = int(order.tile_pitch()),
                                                    .tile_blocks = order.blocks,
                                                    .taps = order.taps,
                                                    .tap_columns = weights.tap_columns,
                                                    .outputs = order.channels.outputs,
                                                    .group_inputs = order.channels.group_inputs(),
                                                    .group_outputs = order.channels.group_outputs(),
                                                    .factor = weights.factor};
    dispatch.bindings = {shared.packed, weights.binding};
    set_linear_grid(dispatch, elements, request.limits);
    dispatch.operations = 32.0 * double(elements);
    plan.dispatches.push_back(std::move(dispatch));
    return {};
}

} // namespace vkseg
