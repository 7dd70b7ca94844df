#include "detection/roi_pool.h"

#include "base/try.hpp"
#include "ops/detection/roi_launches.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <cmath>

namespace vkseg {

Signature signature(const RoiPool&)
{
    return {.name = "MaxRoiPool", .min_inputs = 2, .max_inputs = 2, .data_inputs = 2, .f32_input = 1};
}

Result<Outputs> infer(const RoiPool& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    VKSEG_TRY(check_features(inputs[0]));
    VKSEG_TRY(check_output_size(op.output_size));
    if (!(op.scale > 0 && std::isfinite(op.scale)))
        return Status(StatusCode::invalid_model, "the scale must be above 0, got " + std::to_string(op.scale));
    const Shape& x = inputs[0].shape;
    const TensorInfo& boxes = inputs[1];
    const bool has_no_entries = x[0] == 1 && boxes.shape.rank() == 2 && boxes.shape[1] == 4;
    VKSEG_TRY(check_boxes(boxes, has_no_entries ? 4 : 5));
    return single_output(inputs[0].type, {boxes.shape[0], x[1], op.output_size[0], op.output_size[1]});
}

LayoutRule layout_rule(const RoiPool&, Inputs)
{
    return LayoutRule::blocked; // a box is an element or two, too
}

Result<Plan> plan(const RoiPool& op, const PlanRequest& request)
{
    const Operand& x = request.inputs[0];
    const Operand& boxes = request.inputs[1];
    const Operand& y = request.outputs[0];
    VKSEG_TRY(check_binding("boxes", boxes, request.limits));
    VKSEG_ASSIGN(const int columns_per_turn, choose_columns_per_turn(x.height(), x.width(), request.limits));
    VKSEG_ASSIGN(const std::vector<RoiShare> shares, share_rois(0, request));
    Plan plan;
    for (const RoiShare& share : shares)
    {
        Dispatch dispatch = roi_dispatch(Shader::roi_pool, share, request);
        dispatch.bindings.push_back(input(1));
        dispatch.specialization = {{contract::roi_columns_per_turn_id, columns_per_turn}};
        dispatch.push_constants = contract::RoiPool{.x = share.from.view,
                                                    .y = share.to.view,
                                                    .boxes = boxes.view,
                                                    .has_batch_entries = boxes.shape[1] == 5,
                                                    .first_box = share.first_box,
                                                    .boxes_count = share.boxes,
                                                    .blocks = share.maps.blocks,
                                                    .batches = x.batch(),
                                                    .first_batch = share.maps.first_batch,
                                                    .last_batch = share.maps.first_batch + share.maps.batches - 1,
                                                    .input_height = x.height(),
                                                    .input_width = x.width(),
                                                    .output_height = y.height(),
                                                    .output_width = y.width(),
                                                    .scale = op.scale};
        const Reading features = {.binding = 1, .operand = &x};
        read_texels(dispatch, {&features, 1}, request.limits);
        // Estimate: a box covers the map.
        dispatch.operations = 16.0 * share.boxes * share.maps.blocks * double(x.rows()) * double(x.width());
        plan.dispatches.push_back(std::move(dispatch));
    }
    return plan;
}

} // namespace vkseg
