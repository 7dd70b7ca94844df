#pragma once

#include "ops/plan.hpp"
#include "vkseg/operators.hpp"

/// Common parts of ScatterElements and ScatterNd, whose inputs are data, indices and updates.
namespace vkseg {

/// Data, indices and updates of a scatter along one axis.
struct ScatterShapes
{
    Shape data;
    Shape indices; ///< shape of the updates, or with extents of 1 along axes other than `axis`
    Shape updates;
    size_t axis = 0;
};

/// Memory of the positions along the axis that the updates go to. Those outside of the axis write nothing.
struct ScatterPositions
{
    Binding binding;
    int offset = 0; ///< in elements of four values
};

/// Checks the types of data, indices and updates.
Status check_scatter_types(ScatterReduction reduction, Inputs inputs);

/// Appends a launch that computes positions from tuples of indices along the last axis of input 1, one for each of
/// `extents`; a single extent is that of all indices.
Result<ScatterPositions> append_positions(Plan& plan, std::span<const int64_t> extents, const PlanRequest& request);

/// Appends the launches that write the output. With a reduction, positions must not be negative.
Status append_scatter(Plan& plan, const ScatterShapes& shapes, ScatterReduction reduction,
                      const ScatterPositions& positions, const PlanRequest& request);

} // namespace vkseg
