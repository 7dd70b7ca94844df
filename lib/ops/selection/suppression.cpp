#include "ops/selection/suppression.hpp"

#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/selection/sort.hpp"
#include "selection/nms.h"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

constexpr size_t corners_bytes = 16;
constexpr int64_t kept_of_part = 256;    // boxes that an invocation of nms_overlaps compares, if there are few
constexpr int64_t max_useful_parts = 32; // more invocations than keep a device busy

/// The launches of one node, in order.
class SuppressionPlanner
{
public:
    SuppressionPlanner(const Suppression& suppression, const PlanRequest& request)
        : suppression_(suppression)
        , request_(request)
        , max_kept_(std::min(suppression.boxes, suppression.max_kept))
        , rows_(max_kept_ == 0 ? 0 : suppression.batch * suppression.classes)
        , pitch_(contract::nms_header + contract::nms_chunk + max_kept_)
    {}

    Result<Plan> run()
    {
        const Limits& limits = request_.limits;
        VKSEG_TRY(check_binding("boxes", request_.inputs[0], limits));
        VKSEG_TRY(check_binding("scores", request_.inputs[1], limits));
        const size_t state_bytes = size_t(rows_ * pitch_ + 1) * sizeof(uint32_t);
        VKSEG_TRY(check_scratch("lists of the kept boxes of all classes", state_bytes, limits));
        VKSEG_TRY(check_launches(2 * div_ceil(suppression_.boxes, contract::nms_chunk)));
        if (div_ceil(rows_, contract::nms_invocations) > limits.max_loop_turns / 4)
            return Status(StatusCode::unsupported,
                          "expected at most " + std::to_string(limits.max_loop_turns / 4 * contract::nms_invocations) +
                              " classes of all batch entries together on this device, got " + std::to_string(rows_));
        state_ = add_scratch(state_bytes);
        if (rows_ > 0)
        {
            VKSEG_TRY(append_candidates());
            append_chunks();
        }
        append_result();
        return std::move(plan_);
    }

private:
    uint32_t add_scratch(size_t bytes)
    {
        plan_.scratch_bytes.push_back(bytes);
        return uint32_t(plan_.scratch_bytes.size() - 1);
    }

    Status append_candidates()
    {
        const Limits& limits = request_.limits;
        const int64_t candidates = rows_ * suppression_.boxes;
        const size_t bytes = size_t(candidates) * corners_bytes;
        VKSEG_TRY(check_scratch("the boxes of all classes", bytes, limits));
        const Operand& scores = request_.inputs[1];
        VKSEG_ASSIGN(candidates_, append_sort(plan_,
                                              {.source = scores,
                                               .binding = input(1),
                                               .axis = scores.shape.rank() - 1,
                                               .kept = suppression_.boxes,
                                               .is_filtered = true,
                                               .bound = suppression_.score_threshold},
                                              limits));
        boxes_ = add_scratch(bytes);
        const Operand& boxes = request_.inputs[0];
        Dispatch dispatch = {.shader = Shader::nms_candidates,
                             .variant = boxes.storage,
                             .specialization = {{contract::nms_corners_id, suppression_.corners},
                                                {contract::nms_has_groups_id, suppression_.has_groups}}};
        const int groups_offset = suppression_.has_groups ? request_.inputs[2].view.offset * 4 : 0;
        dispatch.push_constants = contract::NmsCandidates{.boxes_offset = boxes.view.offset,
                                                          .groups_offset = groups_offset,
                                                          .boxes = int(suppression_.boxes),
                                                          .classes = int(suppression_.classes),
                                                          .candidates = int(candidates),
                                                          .min_size = suppression_.min_size};
        dispatch.bindings = {scratch(boxes_), scratch(candidates_), input(0), input(suppression_.has_groups ? 2 : 0)};
        set_linear_grid(dispatch, candidates, limits);
        dispatch.operations = 32.0 * double(candidates);
        plan_.dispatches.push_back(std::move(dispatch));
        return {};
    }

    void append_chunks()
    {
        for (int64_t first = 0; first < suppression_.boxes; first += contract::nms_chunk)
        {
            const int64_t kept_before = std::min(first, max_kept_);
            if (first > 0)
                append_overlaps(first, kept_before);
            Dispatch suppress = {.shader = Shader::nms_suppress, .push_constants = chunk(first, 1)};
            suppress.bindings = {scratch(state_), scratch(boxes_), scratch(candidates_)};
            set_linear_grid(suppress, rows_ * contract::nms_invocations, request_.limits, contract::nms_invocations);
            suppress.operations = 16.0 * double(rows_) * contract::nms_chunk * contract::nms_chunk;
            plan_.dispatches.push_back(std::move(suppress));
        }
    }

    void append_overlaps(int64_t first, int64_t kept_before)
    {
        const int64_t parts = std::max(std::min(div_ceil(kept_before, kept_of_part), max_useful_parts),
                                       div_ceil(kept_before, request_.limits.max_loop_turns / 2));
        Dispatch overlaps = {.shader = Shader::nms_overlaps, .push_constants = chunk(first, parts)};
        overlaps.bindings = {scratch(state_), scratch(boxes_), scratch(candidates_)};
        set_linear_grid(overlaps, rows_ * parts * contract::nms_chunk, request_.limits, contract::nms_invocations);
        overlaps.operations = 24.0 * double(rows_) * contract::nms_chunk * double(kept_before);
        plan_.dispatches.push_back(std::move(overlaps));
    }

    contract::NmsChunk chunk(int64_t first, int64_t parts) const
    {
        return {.rows = int(rows_),
                .candidates = int(suppression_.boxes),
                .first = int(first),
                .pitch = int(pitch_),
                .max_kept = int(max_kept_),
                .parts = int(parts),
                .iou_threshold = suppression_.iou_threshold};
    }

    void append_result()
    {
        const bool has_selected = request_.outputs[0].is_present;
        const bool has_count = request_.outputs.size() > 1 && request_.outputs[1].is_present;
        const Operand selected = has_selected ? request_.outputs[0] : Operand();
        contract::NmsResult push = {.selected_offset = selected.view.offset,
                                    .count_offset = has_count ? request_.outputs[1].view.offset : 0,
                                    .selected = has_selected ? int(selected.shape.elements()) : 0,
                                    .rows = int(rows_),
                                    .candidates = int(suppression_.boxes),
                                    .pitch = int(pitch_),
                                    .classes = int(suppression_.classes)};
        Dispatch offsets = {.shader = Shader::nms_offsets, .push_constants = push};
        offsets.bindings = {scratch(state_)};
        set_linear_grid(offsets, contract::nms_invocations, request_.limits, contract::nms_invocations);
        offsets.operations = 4.0 * double(rows_);
        plan_.dispatches.push_back(std::move(offsets));

        Dispatch result = {.shader = Shader::nms_result,
                           .specialization = {{contract::nms_is_by_class_id, suppression_.is_by_class},
                                              {contract::nms_has_count_id, has_count}}};
        result.push_constants = push;
        // Every binding needs a buffer: an unused output is bound to that of the used one, and not written.
        result.bindings = {output(has_selected ? 0 : 1), output(has_count ? 1 : 0), scratch(state_),
                           scratch(rows_ > 0 ? candidates_ : state_)};
        const int64_t elements = has_selected ? selected.elements4() : 1;
        set_linear_grid(result, elements, request_.limits);
        result.operations = 64.0 * double(elements);
        plan_.dispatches.push_back(std::move(result));
    }

    const Suppression& suppression_;
    const PlanRequest& request_;
    const int64_t max_kept_;
    const int64_t rows_; ///< 0 if nothing can be kept
    const int64_t pitch_;
    Plan plan_;
    uint32_t state_ = 0;
    uint32_t candidates_ = 0;
    uint32_t boxes_ = 0;
};

} // namespace

Result<Plan> plan_suppression(const Suppression& suppression, const PlanRequest& request)
{
    return SuppressionPlanner(suppression, request).run();
}

Status check_thresholds(float iou_threshold, std::optional<float> score_threshold)
{
    if (!(iou_threshold >= 0 && iou_threshold <= 1))
        return Status(StatusCode::invalid_model,
                      "iou_threshold must be from 0 to 1, got " + std::to_string(iou_threshold));
    if (score_threshold && std::isnan(*score_threshold))
        return Status(StatusCode::invalid_model, "score_threshold must be a number, got NaN");
    return {};
}

} // namespace vkseg
