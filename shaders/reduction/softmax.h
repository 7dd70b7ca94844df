#ifndef VKSEG_SOFTMAX_H
#define VKSEG_SOFTMAX_H

#include "shared/view.h"

VKSEG_CONTRACT_BEGIN

// Softmax in linear layout: the axis has `extent` values, `inner` apart. The sums of its rows are the partial results
// of reduce.comp for the sum of exponentials.
struct Softmax
{
    int x_offset;
    int y_offset;
    int values;
    int extent;
    int inner;
};

// Softmax over the channels in blocked layout.
struct SoftmaxChannels
{
    View x;
    View y;
    int batch;
    int channels;
    int rows;
    int width;
};

// Ids of specialization constants.
const int softmax_is_log_id = 3;
const int softmax_has_element_rows_id = 4;

VKSEG_CONTRACT_END

#endif
