#include "detection/paste_masks.h"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/detection/paste_launches.hpp"
#include "ops/operators.hpp"
#include "ops/picture/picture_placement.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

constexpr int64_t pixels_per_word = 32;
constexpr int64_t max_ids = 255; // ids are bytes, and 0 stands for no instance
/// Instances of a launch if there are ids: launches for instances that are all not valid are left out.
constexpr int instances_with_ids = 16;

Status check_masks(const TensorInfo& masks)
{
    const Shape& shape = masks.shape;
    if (!is_float(masks.type) || shape.rank() != 4)
        return Status(StatusCode::invalid_model, std::string("masks must be floats of shape RxKxhxw, got ") +
                                                     name(masks.type) + " " + to_string(shape));
    if (is_empty(shape) || shape[2] > contract::paste_max_mask_extent || shape[3] > contract::paste_max_mask_extent)
        return Status(StatusCode::unsupported, "expected at least one mask, and extents of masks from 1 to " +
                                                   std::to_string(contract::paste_max_mask_extent) + ", got " +
                                                   to_string(shape));
    return {};
}

/// Launches for all instances, in shares if the masks or bits are larger than one binding may be.
class Pasting
{
public:
    Pasting(const PasteMasks& op, const PlanRequest& request)
        : op_(op), request_(request), masks_(request.inputs[0]), bits_(request.outputs[0])
    {
        has_ids_ = request.outputs.size() > 1 && request.outputs[1].is_present;
        if (bits_.is_present)
            return;
        const int64_t words = div_ceil(op.size[1], pixels_per_word);
        bits_ = {.shape = {masks_.shape[0], op.size[0], words},
                 .type = DType::i32,
                 .storage = Storage::i32,
                 .layout = Layout::linear};
        bits_.buffer_bytes = size_t(bits_.elements4()) * element_bytes(Storage::i32);
        bits_memory_ = scratch();
    }

    Result<Plan> plan() const
    {
        const Limits& limits = request_.limits;
        const auto instances = int(masks_.shape[0]);
        if (has_ids_ && instances > max_ids)
            return Status(StatusCode::unsupported, "ids of instances are bytes: expected at most " +
                                                       std::to_string(max_ids) + " instances, got " +
                                                       std::to_string(instances));
        VKSEG_TRY(check_binding("boxes", request_.inputs[1], limits));
        VKSEG_TRY(check_binding("labels", request_.inputs[2], limits));
        VKSEG_ASSIGN(const int masks_at_a_time, instances_that_fit("masks", masks_, limits));
        VKSEG_ASSIGN(const int bits_at_a_time, instances_that_fit("bits", bits_, limits));
        int at_a_time = std::min(masks_at_a_time, bits_at_a_time);
        std::vector<ElementShare> shares_of_ids;
        if (has_ids_)
        {
            at_a_time = std::min(at_a_time, instances_with_ids);
            VKSEG_ASSIGN(shares_of_ids, share_ids());
        }
        VKSEG_TRY(check_launches(int64_t(div_ceil(instances, at_a_time)) * int64_t(1 + shares_of_ids.size())));
        Plan plan;
        if (!request_.outputs[0].is_present)
            plan.scratch_bytes.push_back(bits_.buffer_bytes);
        for (int first = 0; first < instances; first += at_a_time)
        {
            const int count = std::min(at_a_time, instances - first);
            plan.dispatches.push_back(op_.placement ? crop(first, count) : paste(first, count));
            for (const ElementShare& share : shares_of_ids)
                plan.dispatches.push_back(find_ids(first, count, share));
        }
        return plan;
    }

private:
    int64_t values_of_mask() const { return masks_.shape.elements() / masks_.shape[0]; }
    int64_t words_of_instance() const { return bits_.shape[1] * bits_.shape[2]; }

    LinearWindow bind_bits(int first, int count) const
    {
        return bind_values(bits_memory_, bits_, first * words_of_instance(), count * words_of_instance(),
                           request_.limits);
    }

    Result<std::vector<ElementShare>> share_ids() const
    {
        Operand ids = request_.outputs[1];
        ids.shape = {ids.shape.elements()};
        const Operand* const operands[] = {&ids};
        return share_elements("ids", operands, request_.limits);
    }

    /// Leaves out the launch if none of its instances is valid. Without ids, leaves out the workgroups of those that
    /// are not; ids are found from the bits of all instances of a launch, and the first launch writes all ids.
    void set_span(Dispatch& dispatch, int first, int count) const
    {
        if (!has_ids_)
            set_linear_span(dispatch, first, count);
        else if (first > 0)
            dispatch.batch_span = {.first = first, .count = count, .axis = 2};
    }

    Dispatch paste(int first, int count) const
    {
        const LinearWindow bits = bind_bits(first, count);
        const LinearWindow masks =
            bind_values(input(0), masks_, first * values_of_mask(), count * values_of_mask(), request_.limits);
        // torchvision expands both sides by the factor of the width.
        const auto mask_width = double(masks_.shape[3]);
        Dispatch dispatch = {.shader = Shader::paste_masks, .variant = request_.real};
        dispatch.bindings = {bits.binding, masks.binding, input(1), input(2)};
        dispatch.push_constants = contract::PasteMasks{.bits_offset = bits.offset,
                                                       .masks_offset = masks.offset,
                                                       .boxes_offset = request_.inputs[1].view.offset + first,
                                                       .labels_offset = request_.inputs[2].view.offset * 4 + first,
                                                       .instances = count,
                                                       .channels = int(masks_.shape[1]),
                                                       .mask_height = int(masks_.shape[2]),
                                                       .mask_width = int(masks_.shape[3]),
                                                       .height = int(op_.size[0]),
                                                       .width = int(op_.size[1]),
                                                       .words = int(bits_.shape[2]),
                                                       .expansion = float((mask_width + 2) / mask_width),
                                                       .threshold = op_.threshold};
        const int64_t words = count * words_of_instance();
        dispatch.operations = 64.0 * double(words);
        set_linear_grid(dispatch, words, request_.limits);
        set_span(dispatch, first, count);
        return dispatch;
    }

    Dispatch crop(int first, int count) const
    {
        const LinearWindow bits = bind_bits(first, count);
        const LinearWindow masks =
            bind_values(input(0), masks_, first * values_of_mask(), count * values_of_mask(), request_.limits);
        const Result<PlacedPicture> placed = place_picture(*op_.placement, {op_.size[0], op_.size[1], 3});
        assert(placed.is_ok()); // infer() has placed it
        const SampledSide y =
            sampled_side(placed->top, placed->height, placed->tensor_height, masks_.shape[2], op_.size[0]);
        const SampledSide x =
            sampled_side(placed->left, placed->width, placed->tensor_width, masks_.shape[3], op_.size[1]);
        Dispatch dispatch = {.shader = Shader::crop_masks, .variant = request_.real};
        dispatch.bindings = {bits.binding, masks.binding, input(1), input(2)};
        dispatch.push_constants = contract::CropMasks{.bits_offset = bits.offset,
                                                      .masks_offset = masks.offset,
                                                      .boxes_offset = request_.inputs[1].view.offset + first,
                                                      .labels_offset = request_.inputs[2].view.offset * 4 + first,
                                                      .instances = count,
                                                      .channels = int(masks_.shape[1]),
                                                      .mask_height = int(masks_.shape[2]),
                                                      .mask_width = int(masks_.shape[3]),
                                                      .height = int(op_.size[0]),
                                                      .width = int(op_.size[1]),
                                                      .words = int(bits_.shape[2]),
                                                      .threshold = op_.threshold,
                                                      .step_y = float(y.step),
                                                      .step_x = float(x.step),
                                                      .offset_y = float(y.offset),
                                                      .offset_x = float(x.offset),
                                                      .low_y = float(y.low),
                                                      .low_x = float(x.low),
                                                      .high_y = float(y.high),
                                                      .high_x = float(x.high)};
        const int64_t words = count * words_of_instance();
        dispatch.operations = 64.0 * double(words);
        set_linear_grid(dispatch, words, request_.limits);
        set_span(dispatch, first, count);
        return dispatch;
    }

    Dispatch find_ids(int first, int count, const ElementShare& share) const
    {
        const LinearWindow bits = bind_bits(first, count);
        const int64_t first_pixel = share.first_element * 4;
        const int64_t end_pixel = std::min(first_pixel + share.elements * 4, op_.size[0] * op_.size[1]);
        const LinearWindow ids =
            bind_values(output(1), request_.outputs[1], first_pixel, share.elements * 4, request_.limits);
        Dispatch dispatch = {.shader = Shader::paste_masks_ids, .variant = Storage::i32};
        dispatch.bindings = {ids.binding, bits.binding};
        dispatch.push_constants = contract::PasteMasksIds{.ids_offset = ids.offset / 4,
                                                          .bits_offset = bits.offset,
                                                          .first_pixel = int(first_pixel),
                                                          .end_pixel = int(end_pixel),
                                                          .first_instance = first,
                                                          .instances = count,
                                                          .height = int(op_.size[0]),
                                                          .width = int(op_.size[1]),
                                                          .words = int(bits_.shape[2]),
                                                          .is_first = first == 0};
        dispatch.operations = 8.0 * double(end_pixel - first_pixel) * count / 4;
        set_linear_grid(dispatch, share.elements, request_.limits);
        set_span(dispatch, first, count);
        return dispatch;
    }

    const PasteMasks& op_;
    const PlanRequest& request_;
    const Operand& masks_;
    Operand bits_;
    Binding bits_memory_ = output(0);
    bool has_ids_ = false;
};

} // namespace

Signature signature(const PasteMasks&)
{
    return {.name = "PasteMasks",
            .min_inputs = 3,
            .max_inputs = 4,
            .max_outputs = 2,
            .data_inputs = 3,
            .has_picture_bytes = true,
            .f32_input = 1};
}

Status resolve(PasteMasks& op, Inputs inputs)
{
    return read_parameter(inputs, 3, "size", op.size);
}

Result<Outputs> infer(const PasteMasks& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 3));
    VKSEG_TRY(check_masks(inputs[0]));
    VKSEG_TRY(check_paste_size(op.size));
    if (op.placement)
        VKSEG_TRY(place_picture(*op.placement, {op.size[0], op.size[1], 3}).status());
    if (std::isnan(op.threshold))
        return Status(StatusCode::invalid_model, "threshold must be a number, got NaN");
    const int64_t instances = inputs[0].shape[0];
    const TensorInfo& boxes = inputs[1];
    if (!is_float(boxes.type) || boxes.shape != Shape{instances, 4})
        return Status(StatusCode::invalid_model, "boxes must be floats of shape " + to_string(Shape{instances, 4}) +
                                                     ", got " + name(boxes.type) + " " + to_string(boxes.shape));
    const TensorInfo& labels = inputs[2];
    if (is_float(labels.type) || labels.type == DType::u8 || labels.shape != Shape{instances})
        return Status(StatusCode::invalid_model, "labels must be integers, not bytes, of shape " +
                                                     to_string(Shape{instances}) + ", got " + name(labels.type) + " " +
                                                     to_string(labels.shape));
    const Shape bits = {instances, op.size[0], div_ceil(op.size[1], pixels_per_word)};
    VKSEG_ASSIGN(Outputs outputs, single_output(DType::i32, bits));
    const Shape ids = {op.size[0], op.size[1]};
    VKSEG_TRY(check_extents(ids));
    outputs.push_back({.type = DType::u8, .shape = ids});
    return outputs;
}

LayoutRule layout_rule(const PasteMasks&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const PasteMasks& op, const PlanRequest& request)
{
    return Pasting(op, request).plan();
}

} // namespace vkseg
