#pragma once

#include "vkseg/session.hpp"

#include <filesystem>

/// ONNX's own tests of single operators: a directory with model.onnx and test_data_set_N/{input,output}_N.pb.
namespace vkseg::test {

struct NodeCase
{
    std::string name;
    Graph graph;                       ///< parameters are constants: weights, shapes, axes
    std::vector<NamedTensor> inputs;   ///< for the graph's inputs
    std::vector<NamedTensor> expected; ///< of the graph's outputs, in order
};

/// Reads the model and its first data set. `unsupported` is the outcome for models that are to be skipped.
Result<NodeCase> load_node_case(const std::filesystem::path& directory);

/// What differs from the expected outputs, empty if nothing does: floats within a thousandth and 1e-5 of the largest
/// value (f16: a hundredth and 2e-3), everything else to the bit.
std::string compare_outputs(const NodeCase& node_case, std::span<const Tensor> outputs, Precision precision);

/// The outputs of the graph by the reference, node by node.
Result<std::vector<Tensor>> run_reference(const NodeCase& node_case);

} // namespace vkseg::test
