#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/selection/suppression.hpp"
#include "ops/shape_rules.hpp"
#include "selection/nms.h"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

int64_t kept_at_most(const BatchedNms& op, int64_t boxes)
{
    return op.max_outputs == 0 ? boxes : std::min(boxes, op.max_outputs);
}

} // namespace

Signature signature(const BatchedNms&)
{
    return {.name = "BatchedNms", .min_inputs = 3, .max_inputs = 3, .max_outputs = 2, .data_inputs = 3, .is_f32 = true};
}

Result<Outputs> infer(const BatchedNms& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 3));
    const TensorInfo& boxes = inputs[0];
    const TensorInfo& scores = inputs[1];
    const TensorInfo& groups = inputs[2];
    if (!is_float(boxes.type) || boxes.shape.rank() != 2 || boxes.shape[1] != 4)
        return Status(StatusCode::invalid_model, std::string("boxes must be floats of shape Nx4, got ") +
                                                     name(boxes.type) + " " + to_string(boxes.shape));
    const Shape expected = {boxes.shape[0]};
    if (!is_float(scores.type) || scores.shape != expected)
        return Status(StatusCode::invalid_model, "scores must be floats of shape " + to_string(expected) + ", got " +
                                                     name(scores.type) + " " + to_string(scores.shape));
    if (is_float(groups.type) || groups.type == DType::boolean || groups.shape != expected)
        return Status(StatusCode::invalid_model, "groups must be integers of shape " + to_string(expected) + ", got " +
                                                     name(groups.type) + " " + to_string(groups.shape));
    if (op.max_outputs < 0)
        return Status(StatusCode::invalid_model,
                      "max_outputs must be at least 0, got " + std::to_string(op.max_outputs));
    if (!(op.min_size >= 0 && std::isfinite(op.min_size)))
        return Status(StatusCode::invalid_model,
                      "min_size must be at least 0 and finite, got " + std::to_string(op.min_size));
    VKSEG_TRY(check_thresholds(op.iou_threshold, op.score_threshold));
    VKSEG_ASSIGN(Outputs outputs, single_output(DType::i64, {kept_at_most(op, boxes.shape[0])}));
    outputs.push_back({.type = DType::i64, .shape = {1}});
    return outputs;
}

LayoutRule layout_rule(const BatchedNms&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const BatchedNms& op, const PlanRequest& request)
{
    VKSEG_TRY(check_binding("groups", request.inputs[2], request.limits));
    const int64_t boxes = request.inputs[1].shape[0];
    return plan_suppression(
        {.boxes = boxes,
         .max_kept = kept_at_most(op, boxes),
         .corners = op.has_inclusive_corners ? contract::nms_inclusive_corners : contract::nms_ordered_corners,
         .iou_threshold = op.iou_threshold,
         .score_threshold = op.score_threshold,
         .min_size = op.min_size,
         .has_groups = true},
        request);
}

} // namespace vkseg
