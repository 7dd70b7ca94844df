#pragma once

#include "formats/onnx/proto.hpp"
#include "vkseg/tensor.hpp"

#include <deque>
#include <filesystem>
#include <string>

/// Data sets of ONNX's tests. Sequences and optional values, which vkseg takes only inside of a network, become
/// tensors.
namespace vkseg::test {

struct TensorData
{
    std::vector<Tensor> inputs;
    std::vector<Tensor> outputs;
};

/// Reads input_N.pb and output_N.pb. Changes the model so that its inputs and outputs are these tensors: nodes make
/// sequences and optional values of its inputs, and take those of its outputs apart. `names` holds the new names, and
/// must live as long as the model.
Result<TensorData> read_tensor_data(const std::filesystem::path& directory, vkseg::onnx::ModelProto& model,
                                    std::deque<std::string>& names);

} // namespace vkseg::test
