#pragma once

#include <cstddef>
#include <cstdint>

namespace vkseg {

/// Pixels of 8 bits a channel in the caller's memory, interleaved, top row first: grey (1 channel), RGB (3), or RGB and
/// an alpha that is left out (4). Valid as long as the caller keeps the pixels.
struct ImageView
{
    const uint8_t* pixels = nullptr;
    int width = 0;
    int height = 0;
    int channels = 3;
    size_t row_stride_bytes = 0; ///< From one row to the next; 0: width · channels, rows without a gap.
};

} // namespace vkseg
