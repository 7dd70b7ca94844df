#pragma once

#include "ops/operators.hpp"
#include "picture/tensor_to_mask.h" // labels of pixels without a class

/// Position of the picture in the network's input, shared by PictureToTensor and TensorToMask.
namespace vkseg {

/// Max pixels along a side of a picture or of a network's input.
constexpr int64_t max_picture_extent = 65536;

struct PlacedPicture
{
    int64_t tensor_height = 0;
    int64_t tensor_width = 0;
    // The rectangle of the tensor that the picture fills.
    int64_t top = 0;
    int64_t left = 0;
    int64_t height = 0;
    int64_t width = 0;
};

/// `picture` is [H,W,channels].
Result<PlacedPicture> place_picture(const PicturePlacement& placement, const Shape& picture);

/// Positions in the network's output of the pixels along one side of the picture: pixel i lies at
/// (i + 0.5) * step + offset, kept within low and high.
struct SampledSide
{
    double step = 1;
    double offset = 0;
    double low = 0;
    double high = 0;
};

/// Along one side, the picture has `picture` pixels and fills `placed` of the `input` positions of the network's input,
/// from `placed_begin` on; the network's output has `tensor` positions.
SampledSide sampled_side(int64_t placed_begin, int64_t placed, int64_t input, int64_t tensor, int64_t picture);

/// A picture as the operators take it: u8 [H,W,1, 3 or 4], no side too long.
Status check_picture(const TensorInfo& info);

} // namespace vkseg
