#pragma once

#include "ops/crf/lattice.hpp"

namespace vkseg::reference {

/// The permutohedral lattice on the CPU. The embedding of pixels is bit-identical to that of the kernels, so that both
/// have the same vertices; values are doubles.
class Lattice
{
public:
    Lattice(const LatticeGeometry& geometry, const Tensor& picture);

    /// Filters values [pixel][label].
    std::vector<double> filter(const std::vector<double>& values, size_t labels) const;
    size_t vertices() const { return neighbours_.size() / 6; }

private:
    struct Corner
    {
        size_t vertex = 0;
        double weight = 0;
    };
    struct Neighbours
    {
        size_t previous = 0; ///< index of a vertex; vertices() if there is none
        size_t next = 0;
    };
    std::vector<Corner> corners_;        ///< six per pixel
    std::vector<Neighbours> neighbours_; ///< six per vertex
};

} // namespace vkseg::reference
