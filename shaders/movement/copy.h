#ifndef VKSEG_COPY_H
#define VKSEG_COPY_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// `extents` (outermost first) split the row-major index of a destination value into coordinates, which give its source.
// linear source:  value   source_offset + sum of coordinate * stride.
// blocked source: channel source_channel + sum of coordinate * channel_stride, and
//                 element source_offset + sum of coordinate * stride + channel / 4 * source_block_pitch.
struct Copy
{
    int extents[6];
    int strides[6];
    int channel_strides[6];
    int axes; // number of entries used above
    int source_offset;
    int source_channel;
    int source_block_pitch; // 0: the source is linear
    View destination;
    int batches;
    int channels; // 0: the destination is linear
    int rows;
    int width;
    int elements; // values of a linear destination
};

VKSEG_CONTRACT_END

#endif
