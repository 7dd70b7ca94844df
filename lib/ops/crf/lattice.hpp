#pragma once

#include "crf/lattice.h"
#include "ops/crf/dense_crf.hpp"

/// The permutohedral lattice (Adams, Baek and Davis, "Fast High-Dimensional Filtering Using the Permutohedral Lattice",
/// 2010) over positions and colours of a picture, as launches. Once built, it filters in time proportional to the
/// number of pixels. The result is only nearly Gaussian (docs/performance.md has the accuracy).
namespace vkseg {

/// Embedding of pixels: x, y, red, green and blue times `scales`, and the bits of a key that each coordinate takes.
struct LatticeGeometry
{
    std::array<float, 5> scales = {};
    std::array<int, 5> origins = {};
    contract::LatticeKey key = {};
    std::array<int, 2> key_bits = {}; ///< used in each word
};

/// Fails if the Gaussian is so narrow that keys have too few bits.
Result<LatticeGeometry> lattice_geometry(const DenseCrf& op, const Shape& unary);

/// Filters blocks of labels in the form that they have between launches of a DenseCrf (shaders/crf/dense_crf.h).
class Lattice
{
public:
    Lattice(const DenseCrf& op, const PlanRequest& request, const LatticeGeometry& geometry, const CrfTable& table);

    /// Appends the launches that build the lattice of input 1, and its scratch. Weights 0 are the table.
    void append_build(Plan& plan);
    void append_filter(Plan& plan, Binding from, Binding to) const;

private:
    void append_sort(Plan& plan);
    void append_scan(Plan& plan, int count, Shader sums, Binding summed) const;
    void append_normalization(Plan& plan) const;
    void append_blurred(Plan& plan, Binding from, int first_block, int blocks, bool is_of_ones) const;
    void set_vertex_grid(Dispatch& dispatch) const;
    int shares() const { return entries_ >> share_bits_; } ///< whole shares only
    Binding piece(uint32_t index) const { return scratch(first_scratch_ + index); }

    const DenseCrf& op_;
    const PlanRequest& request_;
    const LatticeGeometry& geometry_;
    CrfTable table_;
    int pixels_;
    int entries_; ///< also the maximum number of vertices
    int blocks_;
    int group_blocks_ = 1;       ///< filtered at a time
    int share_bits_ = 0;         ///< an invocation sums up 2^share_bits_ entries if they belong to one vertex
    int vertex_invocations_ = 0; ///< each processes one vertex after another
    size_t values_bytes_ = 0;
    size_t plane_bytes_ = 0;
    uint32_t first_scratch_ = 0;
    uint32_t sorted_ = 0; ///< the piece with the sorted entries
};

} // namespace vkseg
