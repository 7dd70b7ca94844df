#include "quantization_plan.hpp"
#include "onnx_fields.hpp"

#include <algorithm>

namespace vkseg::cli {
namespace {

constexpr int64_t oldest_opset = 13; // since which scales may vary along an axis

bool is_computed(const Graph& graph, const std::string& name)
{
    const std::optional<ValueId> id = graph.find_value(name);
    return id && !graph.values[*id].constant && is_float(graph.values[*id].type);
}

std::optional<QuantizableNode> quantizable(const NodeParts& parts, const Graph& graph)
{
    if (!(parts.domain.empty() || parts.domain == "ai.onnx") || parts.inputs.size() < 2)
        return std::nullopt;
    const std::optional<Tensor> weights = float_constant(graph, parts.inputs[1]);
    if (!weights || !is_computed(graph, parts.inputs[0]))
        return std::nullopt;
    QuantizableNode node = {.name = parts.label(), .input = parts.inputs[0], .weights = parts.inputs[1]};
    const auto integer = [&](const char* name) { return parts.integers.contains(name) ? parts.integers.at(name) : 0; };
    const bool is_matrix = weights->shape().rank() == 2;
    if (parts.op_type == "Conv" || parts.op_type == "ConvTranspose")
    {
        node.channel_axis = parts.op_type == "Conv" ? 0 : 1;
        const bool is_in_groups = parts.integers.contains("group") && parts.integers.at("group") != 1;
        const bool has_bias = parts.inputs.size() > 2 && float_constant(graph, parts.inputs[2]);
        // The channels of a transposed convolution's groups share their scales, and its bias has one for each.
        if (has_bias && !(node.channel_axis == 1 && is_in_groups))
            node.bias = parts.inputs[2];
        return node;
    }
    if (!is_matrix || (parts.op_type != "MatMul" && parts.op_type != "Gemm"))
        return std::nullopt;
    node.channel_axis = parts.op_type == "Gemm" && integer("transB") == 1 ? 0 : 1;
    return node;
}

/// The quantisable nodes from which an output of the graph is computed without another such node in between. `nodes`
/// are in the order of computation.
std::set<size_t> find_last(const std::vector<NodeParts>& nodes, const Graph& graph)
{
    std::set<std::string> wanted;
    for (const ValueId id : graph.outputs)
        wanted.insert(graph.values[id].name);
    std::set<size_t> last;
    for (size_t index = nodes.size(); index-- > 0;)
    {
        const NodeParts& node = nodes[index];
        if (std::ranges::none_of(node.outputs, [&](const std::string& name) { return wanted.contains(name); }))
            continue;
        if (quantizable(node, graph))
            last.insert(index);
        else
            wanted.insert(node.inputs.begin(), node.inputs.end());
    }
    return last;
}

bool has_external_data(data_view graph)
{
    bool is_external = false;
    pbf_reader reader(graph);
    while (reader.next(graph_field::initializer))
    {
        pbf_reader tensor = reader.get_message();
        while (tensor.next(tensor_field::data_location, pbf_wire_type::varint))
            is_external = tensor.get_int32() != 0 || is_external; // the field must be read
    }
    return is_external;
}

} // namespace

std::optional<Tensor> float_constant(const Graph& graph, const std::string& name)
{
    const std::optional<ValueId> id = graph.find_value(name);
    if (!id || !graph.values[*id].constant || graph.values[*id].constant->type() != DType::f32 ||
        graph.values[*id].constant->elements() == 0)
        return std::nullopt;
    return graph.values[*id].constant;
}

QuantizationPlan plan_quantization(std::span<const std::byte> file, const Graph& graph, const KeptNodes& kept)
{
    const auto plan = [&]
    {
        const std::optional<data_view> proto = find_graph(file);
        if (!proto)
            throw Failure(bad_input, "quantize: expected an ONNX file, found no graph in it");
        if (const int64_t opset = find_opset(file); opset < oldest_opset)
            throw Failure(bad_input,
                          fmt::format("quantize: the model has operator set {}; expected {} or later, in which scales "
                                      "may differ between channels. onnx.version_converter can convert it",
                                      opset, oldest_opset));
        if (has_external_data(*proto))
            throw Failure(bad_input,
                          "quantize: the model keeps weights in other files; save it as a single file first");
        std::vector<NodeParts> nodes;
        for (pbf_reader reader(*proto); reader.next(graph_field::node);)
            nodes.push_back(read_node(reader.get_message()));
        for (const NodeParts& node : nodes)
        {
            if (node.op_type == "DequantizeLinear" || node.op_type == "DynamicQuantizeLinear" ||
                node.op_type.starts_with("QLinear"))
                throw Failure(bad_input,
                              fmt::format("quantize: the model is quantised already: it has the node '{}' ({})",
                                          shown(node.label()), node.op_type));
        }
        const std::set<size_t> last = kept.are_last_kept ? find_last(nodes, graph) : std::set<size_t>();
        QuantizationPlan result;
        std::set<std::string> missing = kept.names;
        for (size_t index = 0; index < nodes.size(); ++index)
        {
            const std::optional<QuantizableNode> node = quantizable(nodes[index], graph);
            if (!node || missing.erase(node->name) > 0 || last.contains(index))
                continue;
            if (std::ranges::find(result.activations, node->input) == result.activations.end())
                result.activations.push_back(node->input);
            result.nodes.emplace(index, *node);
        }
        if (!missing.empty())
            throw Failure(wrong_usage, fmt::format("--keep: there is no convolution or matrix product '{}' with "
                                                   "constant f32 weights in the model",
                                                   *missing.begin()));
        if (result.nodes.empty())
            throw Failure(bad_input, "quantize: the model has no convolution or matrix product with constant f32 "
                                     "weights to quantise");
        return result;
    };
    return with_parser(plan);
}

} // namespace vkseg::cli
