#ifndef VKSEG_ROI_ALIGN_H
#define VKSEG_ROI_ALIGN_H

#include "detection/roi.h"

VKSEG_CONTRACT_BEGIN

struct RoiAlign
{
    View x;             // from this launch's first block on
    View y;             // from this launch's first box and block on
    View boxes;         // an element is a box
    int indices_offset; // of the batch indices, in elements of four; -1 without indices
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
    int sampling_ratio; // 0: adaptive
    float scale;
    float shift;    // subtracted from scaled corners
    float min_size; // of the scaled box's sides
    float min_area; // boxes of this launch have areas from min_area to below end_area
    float end_area;
};

VKSEG_CONTRACT_END

#endif
