#pragma once

#include "ops/block_shares.hpp"

/// Common parts of RoiAlign and RoiPool, which compute bins of boxes from feature maps.
namespace vkseg {

/// Fails unless `x` is a feature map of floats [N,C,h,w] that has pixels.
Status check_features(const TensorInfo& x);
/// Fails unless output_size holds a height and a width that kernels can index.
Status check_output_size(const Integers& output_size);
/// Fails unless `boxes` is a tensor of floats [R,columns].
Status check_boxes(const TensorInfo& boxes, int64_t columns);

/// The part of a feature map and of the boxes that a launch works on, with its windows on `x` and `y`.
struct RoiShare
{
    BlockShare maps; ///< batch entries and blocks of x
    int first_box = 0;
    int boxes = 1;
    BlockWindow from; ///< on the maps
    BlockWindow to;   ///< on the blocks of the boxes' results
};

/// Divides a feature map, which is the node's input of this index, and the boxes: one share, or several if x or y is
/// larger than one binding may be.
Result<std::vector<RoiShare>> share_rois(uint32_t index, const PlanRequest& request);

/// Columns of a bin that an invocation computes in a turn of its inner loop: few, unless the device supports too few
/// iterations for up to `rows` × `columns` samples.
Result<int> choose_columns_per_turn(int64_t rows, int64_t columns, const Limits& limits);

/// Dispatch of one invocation for each bin and block of the share, without push constants.
Dispatch roi_dispatch(Shader shader, const RoiShare& share, const PlanRequest& request);

} // namespace vkseg
