#pragma once

#include "common.hpp"

#include <map>
#include <set>

/// Rewrites an ONNX file so that its convolutions and matrix products work on 8-bit integers (QDQ format).
namespace vkseg::cli {

/// Smallest and largest value that integers of a tensor stand for.
struct ValueRange
{
    float low = 0;
    float high = 0;
};

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

/// The file with QuantizeLinear and DequantizeLinear before the nodes: activations as u8, or i8 if `is_signed`, with
/// one scale for these ranges; weights as i8 and biases as i32, with a scale for each output channel. Everything else
/// is copied byte by byte.
std::string quantize_onnx(std::span<const std::byte> file, const Graph& graph, const QuantizationPlan& plan,
                          const std::map<std::string, ValueRange>& ranges, bool is_signed);

} // namespace vkseg::cli
