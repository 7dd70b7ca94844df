#include "ops/detection/roi_launches.hpp"

#include "base/div_ceil.hpp"
#include "base/try.hpp"
#include "ops/loop_turns.hpp"
#include "ops/shape_rules.hpp"

#include <algorithm>
#include <array>

namespace vkseg {

Status check_features(const TensorInfo& x)
{
    if (!is_float(x.type) || x.shape.rank() != 4)
        return Status(StatusCode::invalid_model, std::string("a feature map must be floats of shape NxCxHxW, got ") +
                                                     name(x.type) + " " + to_string(x.shape));
    if (x.shape[0] == 0 || x.shape[2] == 0 || x.shape[3] == 0)
        return Status(StatusCode::invalid_model, "a feature map must have pixels, got " + to_string(x.shape));
    return {};
}

Status check_output_size(const Integers& output_size)
{
    constexpr int64_t max_extent = 32767; // products of two fit an integer of the kernels
    const auto fits = [](int64_t extent) { return extent >= 1 && extent <= max_extent; };
    if (output_size.size() == 2 && std::all_of(output_size.begin(), output_size.end(), fits))
        return {};
    std::string got;
    for (const int64_t extent : output_size)
        got += (got.empty() ? "" : " x ") + std::to_string(extent);
    return Status(StatusCode::invalid_model, "the output must have a height and a width from 1 to " +
                                                 std::to_string(max_extent) + ", got " +
                                                 (got.empty() ? "neither" : got));
}

Status check_boxes(const TensorInfo& boxes, int64_t columns)
{
    if (is_float(boxes.type) && boxes.shape.rank() == 2 && boxes.shape[1] == columns)
        return {};
    return Status(StatusCode::invalid_model, "boxes must be floats of shape Rx" + std::to_string(columns) + ", got " +
                                                 name(boxes.type) + " " + to_string(boxes.shape));
}

Result<std::vector<RoiShare>> share_rois(uint32_t index, const PlanRequest& request)
{
    const Limits& limits = request.limits;
    const Operand& x = request.inputs[index];
    const Operand& y = request.outputs[0];
    const size_t range = limits.max_storage_buffer_range_bytes;
    int boxes_at_a_time = y.batch();
    if (y.buffer_bytes > range)
    {
        // The window's start is moved back to an aligned offset.
        const size_t usable = range - limits.storage_buffer_alignment_bytes;
        const size_t boxes = usable / (size_t(y.view.batch_pitch) * element_bytes(y.storage));
        if (boxes == 0)
            return check_binding("output", y, limits);
        boxes_at_a_time = int(std::min(size_t(boxes_at_a_time), boxes));
    }
    const Operand* const maps[] = {&x};
    VKSEG_ASSIGN(const std::vector<BlockShare> map_shares, share_blocks(maps, limits));
    VKSEG_TRY(check_launches(int64_t(map_shares.size()) * div_ceil(y.batch(), boxes_at_a_time)));
    std::vector<RoiShare> shares;
    for (const BlockShare& map_share : map_shares)
    {
        for (int first = 0; first < y.batch(); first += boxes_at_a_time)
        {
            RoiShare share = {.maps = map_share,
                              .first_box = first,
                              .boxes = std::min(boxes_at_a_time, y.batch() - first),
                              .from = bind_share(input(index), x, map_share, limits),
                              .to = {}};
            const BlockShare results = {.first_batch = first, .batches = share.boxes, .blocks = y.blocks()};
            share.to = bind_share(output(), y, results, limits);
            share.to.view.offset += map_share.first_block * y.view.block_pitch;
            shares.push_back(share);
        }
    }
    return shares;
}

Result<int> choose_columns_per_turn(int64_t rows, int64_t columns, const Limits& limits)
{
    constexpr int64_t most = 4;
    const auto turns = [&](int64_t each)
    {
        const std::array<int64_t, 2> extents = {rows, div_ceil(columns, each)};
        return count_loop_turns(1, extents);
    };
    const int64_t few = columns <= most ? columns : 2; // columns of a last turn may be wasted
    if (turns(few) <= limits.max_loop_turns)
        return int(few);
    VKSEG_TRY(check_loop_turns(turns(most), limits));
    return int(most);
}

Dispatch roi_dispatch(Shader shader, const RoiShare& share, const PlanRequest& request)
{
    const Operand& y = request.outputs[0];
    Dispatch dispatch = {.shader = shader, .variant = request.real};
    dispatch.bindings = {share.to.binding, share.from.binding};
    const int64_t bins = int64_t(share.boxes) * share.maps.blocks * y.rows() * y.width();
    set_linear_grid(dispatch, bins, request.limits);
    set_linear_span(dispatch, share.first_box, share.boxes);
    return dispatch;
}

} // namespace vkseg
