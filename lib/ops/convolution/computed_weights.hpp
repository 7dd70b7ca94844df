#pragma once

#include "ops/convolution/convolution.hpp"

namespace vkseg {

/// Location of weights that the network computes, in values from the start of a buffer. Outputs are counted over all
/// groups, inputs within a group, in blocks of four.
struct ComputedWeights
{
    Binding binding;
    int64_t offset = 0;
    int64_t output_stride = 0;
    int64_t block_stride = 0;
    int64_t lane_stride = 0;
    int64_t row_stride = 0;
    int64_t column_stride = 0;
    int tap_columns = 1;
    int entries = 1; ///< batch entries with weights of their own
    int64_t entry_stride = 0;
    float factor = 1; ///< multiplies the weights
};

/// Adds the launch that packs the weights into scratch memory in the kernels' order, those of one batch entry after
/// another, without biases, and lets the convolution read them there. Fails if no binding holds the packed weights.
Status add_packing(Plan& plan, const PlanRequest& request, const ComputedWeights& weights, const WeightOrder& order,
                   ConvolutionPlan& shared);

} // namespace vkseg
