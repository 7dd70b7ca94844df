#pragma once

#include "common.hpp"

#include <map>
#include <optional>
#include <set>

/// The nodes of an ONNX file that are quantised.
namespace vkseg::cli {

/// A Conv, ConvTranspose, Gemm or MatMul with constant weights.
struct QuantizableNode
{
    std::string name; ///< the node's, or that of its first output
    std::string input;
    std::string weights;
    std::string bias;        ///< empty: none, or one that stays as it is
    size_t channel_axis = 0; ///< axis of the weights along which outputs lie
};

struct QuantizationPlan
{
    std::map<size_t, QuantizableNode> nodes; ///< by index in the file
    std::vector<std::string> activations;    ///< inputs of the nodes, each once
};

/// Nodes that stay in floats.
struct KeptNodes
{
    std::set<std::string> names; ///< must exist
    bool are_last_kept = true;   ///< also the last before the network's outputs, whose errors no other node evens out
};

/// Finds the nodes to quantise. `graph` is the network of the file. Fails if there is nothing to quantise, or if the
/// file's operator set is too old.
QuantizationPlan plan_quantization(std::span<const std::byte> file, const Graph& graph, const KeptNodes& kept);

/// The constant of a value, if it is of f32 and has values.
std::optional<Tensor> float_constant(const Graph& graph, const std::string& name);

} // namespace vkseg::cli
