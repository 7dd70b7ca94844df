#ifndef VKSEG_GROUP_COUNTS_H
#define VKSEG_GROUP_COUNTS_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

const int max_group_count_requests = 7; // as many as fit 128 bytes of push constants
const int group_count_bytes = 16;       // three counts and padding

// A launch that computes `count` batch entries from the entry `first` on; they follow each other along one axis of the
// grid.
struct GroupCountRequest
{
    uint groups_xy;     // of all its batch entries: x | y << 16
    uint groups_z_axis; // z | axis << 16
    int first;
    int count;
};

struct GroupCounts
{
    int count_offset; // in words: the number of batch entries that are valid
    int requests;
    GroupCountRequest request[max_group_count_requests];
};

VKSEG_CONTRACT_END

#endif
