#pragma once

#include "ops/plan.hpp"

namespace vkseg {

/// Non-maximum suppression of rows of boxes (shaders/selection/nms.h). Input 0 of the node holds the boxes, input 1 the
/// scores of each row, input 2 the groups if there are any; output 0 is for the selected boxes, output 1 for their
/// number.
struct Suppression
{
    int64_t batch = 1;
    int64_t classes = 1; ///< rows of a batch entry
    int64_t boxes = 0;   ///< boxes of a batch entry
    int64_t max_kept = 0;
    int corners = 0; ///< nms_ordered_corners or one of the others
    float iou_threshold = 0;
    std::optional<float> score_threshold = {};
    float min_size = 0;
    bool has_groups = false;
    bool is_by_class = false; ///< outputs rows of (batch entry, class, box), otherwise boxes
};

Result<Plan> plan_suppression(const Suppression& suppression, const PlanRequest& request);

/// Fails unless the thresholds are numbers, and that of the IoU is from 0 to 1.
Status check_thresholds(float iou_threshold, std::optional<float> score_threshold);

} // namespace vkseg
