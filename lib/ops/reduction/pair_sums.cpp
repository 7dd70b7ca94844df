#include "ops/reduction/pair_sums.hpp"

#include "crf/dense_crf.h"

#include <algorithm>

namespace vkseg {
namespace {

constexpr int max_blocks = 8; // maximum of an invocation: its sums stay in registers
/// A longer launch might trigger a watchdog.
constexpr int64_t max_pairs = int64_t(1) << 30;

Operand scratch_operand(size_t bytes)
{
    return {.storage = Storage::f32, .buffer_bytes = bytes};
}

} // namespace

PairSums::PairSums(const DenseCrf& op, const PlanRequest& request, const CrfTable& table)
    : op_(op)
    , request_(request)
    , table_(table)
    , height_(request.inputs[0].height())
    , width_(request.inputs[0].width())
    , pixels_(height_ * width_)
    , blocks_(request.inputs[0].blocks())
    , features_bytes_(size_t(pixels_) * 2 * element_bytes(Storage::f32))
{}

void PairSums::append_build(Plan& plan, Binding from, Binding to)
{
    features_ = uint32_t(plan.scratch_bytes.size());
    plan.scratch_bytes.push_back(features_bytes_);
    Dispatch features = {.shader = Shader::dense_crf_features, .variant = request_.real};
    features.push_constants = contract::CrfFeatures{
        .picture = request_.inputs[1].view, .pixels = pixels_, .width = width_, .colour_scale = 1 / op_.bilateral_srgb};
    features.bindings = {scratch(features_), input(1)};
    set_linear_grid(features, pixels_, request_.limits);
    features.operations = 16.0 * pixels_;
    plan.dispatches.push_back(std::move(features));

    append_blocks(plan, from, to, 0, 1, /* is_of_ones= */ true);
    Dispatch normalize = {
        .shader = Shader::dense_crf_normalize,
        .specialization = {{contract::crf_is_symmetric_id, op_.normalization == CrfNormalization::symmetric}}};
    normalize.push_constants = contract::CrfNormalize{
        .pixels = pixels_, .width = width_, .scales_y = table_.scales_y, .scales_x = table_.scales_x};
    normalize.bindings = {scratch(features_), to, weights()};
    set_linear_grid(normalize, pixels_, request_.limits);
    normalize.operations = 16.0 * pixels_;
    plan.dispatches.push_back(std::move(normalize));
}

void PairSums::append_filter(Plan& plan, Binding from, Binding to) const
{
    for (int block = 0; block < blocks_; block += max_blocks)
        append_blocks(plan, from, to, block, std::min(max_blocks, blocks_ - block), /* is_of_ones= */ false);
}

void PairSums::append_blocks(Plan& plan, Binding from, Binding to, int first_block, int blocks, bool is_of_ones) const
{
    const int share = int(std::clamp<int64_t>(max_pairs / pixels_, 1, pixels_));
    const Operand values = scratch_operand(size_t(blocks_) * size_t(pixels_) * element_bytes(Storage::f32));
    const Operand features = scratch_operand(features_bytes_);
    const Reading readings[] = {{.binding = 1, .operand = &values}, {.binding = 2, .operand = &features}};
    for (int first = 0; first < pixels_; first += share)
    {
        const int count = std::min(share, pixels_ - first);
        Dispatch dispatch = {.shader = Shader::dense_crf_exact};
        dispatch.specialization = {{contract::crf_blocks_id, blocks}, {contract::crf_is_of_ones_id, is_of_ones}};
        dispatch.push_constants = contract::CrfExact{.first = first,
                                                     .count = count,
                                                     .width = width_,
                                                     .height = height_,
                                                     .first_block = first_block,
                                                     .position_scale = 1 / op_.bilateral_sxy};
        dispatch.bindings = {to, from, scratch(features_)};
        read_texels(dispatch, readings, request_.limits);
        set_linear_grid(dispatch, count, request_.limits);
        dispatch.operations = double(count) * pixels_ * (30 + 8 * blocks);
        plan.dispatches.push_back(std::move(dispatch));
    }
}

} // namespace vkseg
