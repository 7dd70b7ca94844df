#pragma once

#include "ops/crf/dense_crf.hpp"

namespace vkseg {

/// Filters over positions and colours for a DenseCrf by sums over all pairs of pixels, which are exact. The time is
/// quadratic in the number of pixels. Filters blocks of labels as they lie between launches (shaders/crf/dense_crf.h).
class PairSums
{
public:
    PairSums(const DenseCrf& op, const PlanRequest& request, const CrfTable& table);

    /// Appends the launches that compute features and scales of all pixels, and their scratch. `from` and `to` are the
    /// bindings of the filter; their contents are overwritten.
    void append_build(Plan& plan, Binding from, Binding to);
    void append_filter(Plan& plan, Binding from, Binding to) const;

private:
    void append_blocks(Plan& plan, Binding from, Binding to, int first_block, int blocks, bool is_of_ones) const;

    const DenseCrf& op_;
    const PlanRequest& request_;
    CrfTable table_;
    int height_;
    int width_;
    int pixels_;
    int blocks_;
    size_t features_bytes_;
    uint32_t features_ = 0; ///< index of the scratch memory of the features
};

} // namespace vkseg
