#pragma once

#include "quantize_onnx.hpp"

#include <functional>

/// Ranges of a network's values over a set of inputs.
namespace vkseg::cli {

enum class RangeMethod
{
    minmax,     ///< all values
    percentile, ///< all but the outermost
    entropy ///< the range in which 256 integers keep most of the values' distribution (Migacz 2017, "8-bit inference
            ///< with TensorRT")
};

struct RangeOptions
{
    RangeMethod method = RangeMethod::percentile;
    double percentile = 99.99; ///< share of the values that the range holds
};

/// The inputs of one run, by number.
using InputsOf = std::function<std::vector<NamedTensor>(size_t run)>;

/// Runs the network with each of the inputs and returns the range of each of the values, which must be floats. Shows
/// its progress.
std::map<std::string, ValueRange> find_value_ranges(const Device& device, const Graph& graph,
                                                    const std::vector<std::string>& values, size_t runs,
                                                    const InputsOf& inputs, const RangeOptions& options,
                                                    const SessionOptions& session_options);

} // namespace vkseg::cli
