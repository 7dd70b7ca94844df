#pragma once

#include "base/budget.hpp"
#include "vkseg/graph.hpp"

/// Rewrites of graphs with known shapes into fewer and cheaper launches. Nodes stay in topological order. Nodes that
/// become superfluous lose their outputs.
namespace vkseg {

/// Merges the axes of tensors with more than six, which kernels do not tell apart, where nodes treat axes alike;
/// transposes that tell more than six apart become several. Needed for correct results. Fails for other such nodes.
Status limit_ranks(Graph& graph);

/// Fuses normalisations written out as arithmetic, with the scale and bias that follow, into one operator: layer, RMS
/// and instance normalisation and division by an L2 norm. Improves accuracy as well as speed: unlike the arithmetic,
/// the operator keeps squares in f32. Fuses only as far as the budget covers scales and biases.
void recognise_normalizations(Graph& graph, FoldingBudget& budget);

/// Fuses attention written out as matrix products and a softmax, with scales on either side and up to two terms, into
/// one operator that does not store all scores.
void recognise_attention(Graph& graph);

/// Fuses activations written out as arithmetic into one operator: GELU in both forms, hard swish, hard sigmoid, Mish.
void recognise_activations(Graph& graph);

/// Lets the kernels of convolutions compute matrix products with constant weights, with the biases that follow.
void fuse_products(Graph& graph);

/// Drops transpositions to channels last and back, as in ConvNeXt, if all nodes between them can work on channels
/// first.
void cancel_transposes(Graph& graph);

/// Folds batch normalisation into convolutions, as far as the budget covers new weights, and fuses the activations that
/// follow into the convolutions.
void fuse_activations(Graph& graph, FoldingBudget& budget);

/// Fuses additions, as residuals, and the activations that follow into convolutions. Folds batch normalisation too.
void fuse_residuals(Graph& graph, FoldingBudget& budget);

/// Fuses a Pad with zeros into the convolution that follows.
void fuse_pads(Graph& graph);

/// Multiplies the weights of pointwise convolutions instead of their inputs if the inputs are scaled per channel, as in
/// squeeze-and-excitation.
void fuse_scales(Graph& graph);

/// Moves pointwise convolutions before the upsampling that precedes them, fuses resizing into a search for the largest
/// channel and, if the budget covers the weights, nearest-neighbour doubling into the 3 × 3 convolution that follows.
void fuse_resizes(Graph& graph, FoldingBudget& budget);

/// Lets MaxUnpool search for its values in the windows of the pool that made the indices, which is faster than
/// scattering the values.
void search_unpools(Graph& graph);

/// Splits products of matrices of integers whose sums may be too large for f32 into products of fewer terms, which are
/// added as integers. Needed for correct results. Fails if the budget does not cover the additional nodes.
Status split_exact_products(Graph& graph, FoldingBudget& budget);

/// Splits convolutions whose sums need more loop iterations than every device allows into sums of convolutions over
/// some of the inputs each. Needed for correct results, not for speed. Fails if the budget does not cover the
/// additional nodes.
Status split_sums(Graph& graph, FoldingBudget& budget);

/// Fuses consecutive elementwise operators into one.
void fuse_chains(Graph& graph);

/// The value under another shape: itself, a constant, or the result of a Reshape that is appended to `nodes`.
ValueId reshaped(Graph& graph, std::vector<Node>& nodes, ValueId id, const Shape& shape);

/// An elementwise node as a chain, and the chain's inputs.
struct Links
{
    Chain chain;
    std::vector<ValueId> inputs;
};

/// The node as a chain of one or more steps, beginning with the first input that makes this possible; nullopt if it is
/// no elementwise operator on floats.
std::optional<Links> links_of(const Graph& graph, const Node& node);

/// Computes convolutions whose input and weights are integers of 8 bits times a scale from bytes (ByteConv), and lets
/// each write bytes if its result is quantised at once. Only for devices on which this is faster. For a graph that was
/// fused.
void multiply_bytes(Graph& graph);

/// Number of nodes that read each value; graph outputs count as a reader.
std::vector<int> count_readers(const Graph& graph);

/// Index of the node that computes each value; −1 for inputs and constants.
std::vector<int> find_producers(const Graph& graph);

/// The element of a one-element constant, as a float.
std::optional<float> scalar_of(const Graph& graph, ValueId id);

} // namespace vkseg
