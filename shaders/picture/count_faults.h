#ifndef VKSEG_COUNT_FAULTS_H
#define VKSEG_COUNT_FAULTS_H

#include "picture/tensor_to_mask.h" // labels of pixels without a class

VKSEG_CONTRACT_BEGIN

struct CountFaults
{
    int pixels;
    int invocations; // in all
    int first_count; // in words
};

// Words of the counts.
const int fault_not_finite = 0; // pixels
const int fault_out_of_range = 1;
const int fault_largest_label = 2;
const int fault_counts = 4; // words in all

VKSEG_CONTRACT_END

#endif
