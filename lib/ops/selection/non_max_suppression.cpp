#include "base/try.hpp"
#include "ops/operators.hpp"
#include "ops/selection/suppression.hpp"
#include "ops/shape_rules.hpp"
#include "selection/nms.h"

#include <algorithm>

namespace vkseg {
namespace {

/// The only value of a constant parameter; empty if the input is not given.
Result<std::optional<float>> read_threshold(Inputs inputs, size_t index, const char* what)
{
    if (!is_given(inputs, index))
        return std::optional<float>();
    const Tensor* constant = inputs[index].constant;
    if (constant == nullptr)
        return Status(StatusCode::unsupported, std::string(what) + " must be constant or computable from shapes");
    if (constant->elements() != 1 || !is_float(constant->type()))
        return Status(StatusCode::invalid_model, std::string(what) + " must be one float, got " +
                                                     name(constant->type()) + " " + to_string(constant->shape()));
    return std::optional<float>(constant->to_floats()[0]);
}

} // namespace

Signature signature(const NonMaxSuppression&)
{
    return {.name = "NonMaxSuppression",
            .min_inputs = 2,
            .max_inputs = 5,
            .max_outputs = 2,
            .data_inputs = 2,
            .is_f32 = true};
}

Status resolve(NonMaxSuppression& op, Inputs inputs)
{
    if (is_given(inputs, 2))
    {
        Integers values;
        VKSEG_TRY(read_parameter(inputs, 2, "max_output_boxes_per_class", values));
        if (values.size() != 1)
            return Status(StatusCode::invalid_model,
                          "max_output_boxes_per_class must be one integer, got " + std::to_string(values.size()));
        op.max_outputs = values[0];
    }
    VKSEG_ASSIGN(const std::optional<float> iou_threshold, read_threshold(inputs, 3, "iou_threshold"));
    op.iou_threshold = iou_threshold.value_or(op.iou_threshold);
    VKSEG_ASSIGN(const std::optional<float> score_threshold, read_threshold(inputs, 4, "score_threshold"));
    if (score_threshold)
        op.score_threshold = score_threshold;
    return {};
}

Result<Outputs> infer(const NonMaxSuppression& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    const TensorInfo& boxes = inputs[0];
    const TensorInfo& scores = inputs[1];
    if (!is_float(boxes.type) || boxes.shape.rank() != 3 || boxes.shape[2] != 4)
        return Status(StatusCode::invalid_model, std::string("boxes must be floats of shape Nxboxesx4, got ") +
                                                     name(boxes.type) + " " + to_string(boxes.shape));
    if (!is_float(scores.type) || scores.shape.rank() != 3 || scores.shape[0] != boxes.shape[0] ||
        scores.shape[2] != boxes.shape[1])
        return Status(StatusCode::invalid_model, "scores must be floats of shape " + std::to_string(boxes.shape[0]) +
                                                     "xclassesx" + std::to_string(boxes.shape[1]) + ", got " +
                                                     name(scores.type) + " " + to_string(scores.shape));
    if (op.max_outputs < 0)
        return Status(StatusCode::invalid_model,
                      "max_output_boxes_per_class must be at least 0, got " + std::to_string(op.max_outputs));
    VKSEG_TRY(check_thresholds(op.iou_threshold, op.score_threshold));
    VKSEG_TRY(check_extents(scores.shape));
    const int64_t max_rows = scores.shape[0] * scores.shape[1] * std::min(boxes.shape[1], op.max_outputs);
    VKSEG_ASSIGN(Outputs outputs, single_output(DType::i64, {max_rows, 3}));
    outputs.push_back({.type = DType::i64, .shape = {1}});
    return outputs;
}

LayoutRule layout_rule(const NonMaxSuppression&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const NonMaxSuppression& op, const PlanRequest& request)
{
    const Shape& scores = request.inputs[1].shape;
    return plan_suppression({.batch = scores[0],
                             .classes = scores[1],
                             .boxes = scores[2],
                             .max_kept = op.max_outputs,
                             .corners = op.has_centers ? contract::nms_centers : contract::nms_any_corners,
                             .iou_threshold = op.iou_threshold,
                             .score_threshold = op.score_threshold,
                             .is_by_class = true},
                            request);
}

} // namespace vkseg
