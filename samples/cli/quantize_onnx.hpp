#pragma once

#include "quantization_plan.hpp"

/// Rewrites an ONNX file so that its convolutions and matrix products work on 8-bit integers (QDQ format).
namespace vkseg::cli {

/// Smallest and largest value that integers of a tensor stand for.
struct ValueRange
{
    float low = 0;
    float high = 0;
};

/// The file with QuantizeLinear and DequantizeLinear before the nodes: activations as u8, or i8 if `is_signed`, with
/// one scale for these ranges; weights as i8 and biases as i32, with a scale for each output channel. Everything else
/// is copied byte by byte.
std::string quantize_onnx(std::span<const std::byte> file, const Graph& graph, const QuantizationPlan& plan,
                          const std::map<std::string, ValueRange>& ranges, bool is_signed);

} // namespace vkseg::cli
