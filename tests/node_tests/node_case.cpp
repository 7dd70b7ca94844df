#include "node_tests/node_case.hpp"

#include "base/try.hpp"
#include "formats/onnx/import.hpp"
#include "node_tests/tensor_data.hpp"
#include "ops/operators.hpp"
#include "ops/valid_entries.hpp"
#include "reference/evaluate.hpp"
#include "runtime/specialize.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::test {
namespace {

namespace fs = std::filesystem;

std::string at_index(size_t index)
{
    return " at element " + std::to_string(index);
}

struct Tolerance
{
    float relative = 1e-3f; ///< of each value
    float absolute = 1e-5f; ///< of the largest
};

std::string compare_floats(const std::vector<float>& actual, const std::vector<float>& expected, Tolerance allowed)
{
    float largest = 1;
    for (const float value : expected)
        largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : largest;
    for (size_t i = 0; i < expected.size(); ++i)
    {
        const bool is_same = actual[i] == expected[i] || (std::isnan(actual[i]) && std::isnan(expected[i]));
        const float tolerance = allowed.relative * std::abs(expected[i]) + allowed.absolute * largest;
        if (!is_same && !(std::abs(actual[i] - expected[i]) <= tolerance && std::isfinite(expected[i])))
            return "expected " + std::to_string(expected[i]) + ", got " + std::to_string(actual[i]) + at_index(i);
    }
    return {};
}

std::string compare_integers(const std::vector<int64_t>& actual, const std::vector<int64_t>& expected, int64_t allowed)
{
    for (size_t i = 0; i < expected.size(); ++i)
    {
        if (std::abs(actual[i] - expected[i]) > allowed)
            return "expected " + std::to_string(expected[i]) + ", got " + std::to_string(actual[i]) + at_index(i);
    }
    return {};
}

std::string compare(const Tensor& actual, const Tensor& expected, Precision precision)
{
    if (!(actual.shape() == expected.shape()))
        return "expected shape " + to_string(expected.shape()) + ", got " + to_string(actual.shape());
    if (is_float(actual.type()) != is_float(expected.type()))
        return std::string("expected type ") + name(expected.type()) + ", got " + name(actual.type());
    // vkseg keeps what is cast to bfloat16 in full precision.
    Tolerance allowed;
    if (precision == Precision::f16)
        allowed = {.relative = 1e-2f, .absolute = 2e-3f};
    else if (expected.type() == DType::bf16)
        allowed.relative = 0x1p-7f;
    if (is_float(expected.type()))
        return compare_floats(actual.to_floats(), expected.to_floats(), allowed);
    // Floats in f16 that are quantised may lie on the other side of the middle between two integers.
    const bool is_quantized = precision == Precision::f16 && expected.type() == DType::u8;
    return compare_integers(actual.to_integers(), expected.to_integers(), is_quantized ? 1 : 0);
}

} // namespace

Result<NodeCase> load_node_case(const fs::path& directory)
{
    NodeCase node_case;
    node_case.name = directory.filename().string();
    VKSEG_ASSIGN(const FileBytes file, map_file(directory / "model.onnx"));
    VKSEG_ASSIGN(vkseg::onnx::ModelProto model, vkseg::onnx::parse_model(file.bytes));
    std::deque<std::string> names;
    Result<TensorData> data = read_tensor_data(directory / "test_data_set_0", model, names);
    VKSEG_ASSIGN(node_case.graph, vkseg::onnx::import_model(model, vkseg::onnx::TensorReader(file, nullptr)));
    VKSEG_TRY(data.status());
    Graph& graph = node_case.graph;
    std::vector<Tensor>& inputs = data->inputs;
    std::vector<Tensor>& outputs = data->outputs;
    if (inputs.size() != graph.inputs.size())
        return Status(StatusCode::invalid_model, "the data do not fit the model's inputs");

    const std::vector<std::string> parameters = parameter_inputs(graph);
    const std::vector<ValueId> ids = graph.inputs;
    for (size_t i = 0; i < ids.size(); ++i)
    {
        const Value& value = graph.values[ids[i]];
        const std::string input_name = value.name;
        if (value.has_shape && value.shape.is_known() && !(value.shape == inputs[i].shape()))
        {
            return Status(StatusCode::invalid_model, "input '" + input_name + "' is " + to_string(value.shape) +
                                                         " in the model and " + to_string(inputs[i].shape()) +
                                                         " in the data");
        }
        if (std::find(parameters.begin(), parameters.end(), input_name) != parameters.end())
            VKSEG_TRY(graph.freeze_input(input_name, std::move(inputs[i])));
        else
            node_case.inputs.push_back({.name = input_name, .tensor = std::move(inputs[i])});
    }
    for (size_t i = 0; i < outputs.size(); ++i)
        node_case.expected.push_back({.name = graph.values[graph.outputs[i]].name, .tensor = std::move(outputs[i])});
    return node_case;
}

std::string compare_outputs(const NodeCase& node_case, std::span<const Tensor> outputs, Precision precision)
{
    if (outputs.size() != node_case.expected.size())
        return "expected " + std::to_string(node_case.expected.size()) + " outputs, got " +
               std::to_string(outputs.size());
    for (size_t i = 0; i < outputs.size(); ++i)
    {
        const std::string difference = compare(outputs[i], node_case.expected[i].tensor, precision);
        if (!difference.empty())
            return "output '" + node_case.expected[i].name + "': " + difference;
    }
    return {};
}

Result<std::vector<Tensor>> run_reference(const NodeCase& node_case)
{
    std::vector<const Tensor*> inputs;
    for (const NamedTensor& input : node_case.inputs)
        inputs.push_back(&input.tensor);
    return reference::evaluate(node_case.graph, inputs);
}

} // namespace vkseg::test
