#ifndef VKSEG_ROI_POOL_H
#define VKSEG_ROI_POOL_H

#include "detection/roi.h"

VKSEG_CONTRACT_BEGIN

struct RoiPool
{
    View x;     // from this launch's first block on
    View y;     // from this launch's first box and block on
    View boxes; // an element holds a box, or its batch entry and three corners; then the next holds the fourth
    int has_batch_entries;
    int first_box;
    int boxes_count; // of this launch
    int blocks;
    int batches;     // of the tensor x
    int first_batch; // batch entries of this launch: boxes of others are skipped
    int last_batch;
    int input_height;
    int input_width;
    int output_height;
    int output_width;
    float scale;
};

VKSEG_CONTRACT_END

#endif
