#pragma once

#include "base/budget.hpp"
#include "vkseg/graph.hpp"

/// Rewrites to fewer and cheaper launches, of graphs with known shapes. Nodes stay in an order in which every input is
/// computed before it is used; those that have become superfluous lose their outputs.
namespace vkseg {

/// Makes one operator of normalisations that are written out as arithmetic, with the scale and bias behind them: layer,
/// RMS and instance normalisation and division by an L2 norm. Not for the sake of speed alone: unlike the arithmetic,
/// it keeps squares in f32. As far as the budget pays for scales and biases.
void recognise_normalizations(Graph& graph, FoldingBudget& budget);

/// Makes one operator of activations that are written out as arithmetic: GELU in both forms, hard swish, hard sigmoid,
/// Mish.
void recognise_activations(Graph& graph);

/// Folds batch normalisation into convolutions, as far as the budget pays for new weights, and lets them apply the
/// activation behind them.
void fuse_activations(Graph& graph, FoldingBudget& budget);

/// Makes additions residuals of convolutions, which then apply the activation behind it. Folds batch normalisation too.
void fuse_residuals(Graph& graph, FoldingBudget& budget);

/// Lets convolutions pad by the zeros that a Pad in front of them would write.
void fuse_pads(Graph& graph);

/// Multiplies the weights of pointwise convolutions rather than their inputs, where these are scaled by channel, as
/// squeeze-and-excitation does.
void fuse_scales(Graph& graph);

/// Lets pointwise convolutions work before the upsampling in front of them, makes doubling by nearest neighbours part
/// of the 3 × 3 convolution behind it, if the budget pays for its weights, and resizing part of a search for the
/// largest channel.
void fuse_resizes(Graph& graph, FoldingBudget& budget);

/// Lets MaxUnpool look for its values in the windows of the pool that made the indices, which is faster than to scatter
/// them.
void search_unpools(Graph& graph);

/// Makes convolutions that sum up more products than a kernel's loops may turn on every device sums of convolutions
/// over some of the inputs each. Not for the sake of speed: without it results are wrong. Fails if the budget does not
/// pay for so many nodes.
Status split_sums(Graph& graph, FoldingBudget& budget);

/// Makes one operator of elementwise ones that follow each other.
void fuse_chains(Graph& graph);

/// How many nodes read each value; graph outputs count as a reader.
std::vector<int> count_readers(const Graph& graph);

/// The node that computes each value, by index; −1 for inputs and constants.
std::vector<int> find_producers(const Graph& graph);

/// The element of a constant of one element, as a float.
std::optional<float> scalar_of(const Graph& graph, ValueId id);

} // namespace vkseg
