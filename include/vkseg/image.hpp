#pragma once

#include <cstddef>
#include <cstdint>

/// Pictures for Segmenter (segment.hpp).
///
///     const ImageView photo = {.pixels = pixels, .width = width, .height = height, .channels = 3};
///     const Result<Segmentation> result = segmenter.segment(photo);
namespace vkseg {

/// A view of pixels in the caller's memory: 8 bits per channel, interleaved, top row first, with 1 channel (grey), 3
/// (RGB) or 4 (RGB and an alpha that is ignored). The caller must keep the pixels while the view is used.
struct ImageView
{
    const uint8_t* pixels = nullptr;
    int width = 0;
    int height = 0;
    int channels = 3;
    size_t row_stride_bytes = 0; ///< Distance between rows; 0: width · channels, rows without gaps.
};

} // namespace vkseg
