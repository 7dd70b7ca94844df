#ifndef VKSEG_PAD_H
#define VKSEG_PAD_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Content of a destination value whose coordinate lies outside the source.
const int outside_is_value = 0;
const int outside_is_kept = 1;  // the value already there
const int outside_reflects = 2; // about the centre of the border, so that the border is not repeated
const int outside_clamps = 3;
const int outside_wraps = 4;

// Source coordinate = destination coordinate - begin. Axes are (1, N, C, D, H, W), or, if both sides are linear, any
// six.
struct PadPush
{
    int extents[6]; // of the destination
    int source_extents[6];
    int begins[6];
    View source;
    View destination;
    int is_source_blocked;
    int is_destination_blocked;
    int outside;
    uint value;         // bits
    int block_channels; // if not 0: whole elements move, axis 2 counts blocks, and this is the number of channels
};

VKSEG_CONTRACT_END

#endif
