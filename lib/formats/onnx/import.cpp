#include "formats/onnx/import.hpp"

#include "base/invalid.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unsupported_list.hpp"
#include "formats/checked_shape.hpp"
#include "formats/onnx/operators.hpp"
#include "formats/onnx/order.hpp"

#include <algorithm>

namespace vkseg::onnx {
namespace {

// The operator table gives the opset since which each operator has its current meaning. Beyond the newest opset, an
// operator may have a meaning that was never checked.
constexpr int64_t newest_opset = 24;

bool is_default_domain(std::string_view domain)
{
    return domain.empty() || domain == "ai.onnx";
}

class Importer
{
public:
    Importer(const ModelProto& model, TensorReader tensors)
        : model_(model), translation_{.graph = {}, .opset = 0, .tensors = std::move(tensors), .ids = {}, .wanted = {}}
    {}

    Result<Graph> import();

private:
    Status check_versions();
    Status add_initializers();
    Status add_inputs();
    Status add_node(const NodeProto& proto);
    Status read_node(const NodeProto& proto);
    Status add_outputs();
    void note_wanted_values();

    const ModelProto& model_;
    Translation translation_;
    UnsupportedList unsupported_; ///< reported at the end; any other failure stops the import
};

Status Importer::check_versions()
{
    if (!model_.has_graph)
        return invalid("not an ONNX model: there is no graph in it");
    for (const auto& [domain, version] : model_.opsets)
    {
        if (is_default_domain(domain))
            translation_.opset = version;
    }
    const auto is_versioned = [](const NodeProto& node) { return is_default_domain(node.domain); };
    const std::vector<NodeProto>& nodes = model_.graph.nodes;
    if (translation_.opset == 0 && std::none_of(nodes.begin(), nodes.end(), is_versioned))
        translation_.opset = newest_opset; // other domains are reported node by node
    if (translation_.opset == 0)
        return invalid("the version of the operator set (opset_import) is missing");
    if (translation_.opset < 1 || translation_.opset > newest_opset)
    {
        return Status(StatusCode::unsupported, "opset " + std::to_string(translation_.opset) +
                                                   " is not supported, only 1 to " + std::to_string(newest_opset));
    }
    if (model_.graph.sparse_initializers > 0)
        return Status(StatusCode::unsupported, "sparse initializers are not supported");
    if (model_.graph.outputs.empty())
        return invalid("the graph has no outputs");
    return {};
}

Status Importer::add_initializers()
{
    for (const TensorProto& initializer : model_.graph.initializers)
    {
        Result<Tensor> tensor = translation_.tensors.read(initializer);
        if (!tensor.is_ok())
        {
            VKSEG_TRY(unsupported_.collect(tensor.status()));
            tensor = Tensor::from(Shape{0}, {}); // go on, to list everything unsupported
        }
        translation_.ids[initializer.name] =
            translation_.graph.add_constant(std::string(initializer.name), std::move(*tensor));
    }
    return {};
}

Status Importer::add_inputs()
{
    for (const ValueInfoProto& input : model_.graph.inputs)
    {
        if (translation_.ids.contains(input.name)) // is an initializer
            continue;
        const auto describe = [&]() -> Result<Value>
        {
            if (!input.is_tensor)
                return Status(StatusCode::unsupported, "is not a tensor");
            Value value = {.name = std::string(input.name), .shape = {}, .constant = {}};
            VKSEG_ASSIGN(value.type, data_type(input.type));
            VKSEG_ASSIGN(value.shape, checked_shape(input.dims));
            value.has_shape = input.has_shape;
            return value;
        };
        Result<Value> value = describe();
        if (!value.is_ok())
        {
            VKSEG_TRY(unsupported_.collect(value.status().with_context("input '" + printable(input.name) + "'")));
            value = Value{.name = std::string(input.name), .shape = {}, .constant = {}};
        }
        const ValueId id = translation_.graph.add_value(std::move(*value));
        translation_.graph.inputs.push_back(id);
        translation_.ids.emplace(input.name, id);
    }
    return {};
}

void Importer::note_wanted_values()
{
    for (const NodeProto& node : model_.graph.nodes)
        translation_.wanted.insert(node.inputs.begin(), node.inputs.end());
    for (const ValueInfoProto& output : model_.graph.outputs)
        translation_.wanted.insert(output.name);
}

Status Importer::read_node(const NodeProto& proto)
{
    std::vector<ValueId> inputs;
    for (const std::string_view input : proto.inputs)
        inputs.push_back(input.empty() ? no_value : translation_.ids.at(input));
    while (!inputs.empty() && inputs.back() == no_value)
        inputs.pop_back();

    NodeReader node(translation_, proto, std::move(inputs));
    const OperatorReader* reader = is_default_domain(proto.domain) ? find_operator(proto.op_type) : nullptr;
    if (!reader)
    {
        (void)node.finish(); // registers the outputs
        if (is_default_domain(proto.domain))
            return Status(StatusCode::unsupported, "the operator is not supported");
        return Status(StatusCode::unsupported,
                      "operators of domain '" + printable(proto.domain) + "' are not supported");
    }
    if (node.opset() < reader->since_opset)
    {
        node.unsupported("opset " + std::to_string(node.opset()) +
                         " of this operator is not supported; expected opset " + std::to_string(reader->since_opset) +
                         " or later");
    }
    const std::string wrong_inputs = wrong_count(node.inputs().size(), reader->min_inputs, reader->max_inputs, "input");
    if (!wrong_inputs.empty())
    {
        node.invalid(wrong_inputs);
        return node.finish();
    }
    for (size_t i = 0; i < reader->min_inputs; ++i)
    {
        if (node.has_input(i))
            continue;
        node.invalid("input " + std::to_string(i) + " is missing");
        return node.finish();
    }
    const std::string wrong_outputs = wrong_count(proto.outputs.size(), 1, reader->max_outputs, "output");
    if (!wrong_outputs.empty())
        node.invalid(wrong_outputs);
    reader->read(node);
    return node.finish();
}

Status Importer::add_node(const NodeProto& proto)
{
    return unsupported_.collect(read_node(proto).with_context(NodeReader::label(proto)));
}

Status Importer::add_outputs()
{
    std::unordered_set<std::string_view> seen;
    for (const ValueInfoProto& output : model_.graph.outputs)
    {
        const auto id = translation_.ids.find(output.name);
        if (id == translation_.ids.end())
            return invalid("output '" + printable(output.name) + "' is not computed by any node");
        if (!seen.insert(output.name).second)
            return invalid("output '" + printable(output.name) + "' is listed twice");
        translation_.graph.outputs.push_back(id->second);
        Value& value = translation_.graph.values[id->second];
        const Result<DType> type = data_type(output.type);
        const Result<Shape> shape = checked_shape(output.dims);
        if (value.constant || value.has_shape || !output.is_tensor || !type.is_ok() || !shape.is_ok())
            continue; // the model's type and shape of an output are hints
        value.type = *type;
        value.shape = *shape;
        value.has_shape = output.has_shape;
    }
    return {};
}

Result<Graph> Importer::import()
{
    VKSEG_TRY(check_versions());
    VKSEG_ASSIGN(const std::vector<size_t> order, execution_order(model_.graph));
    Graph& graph = translation_.graph;
    graph.name = printable(model_.graph.name);
    for (const StringPair& entry : model_.metadata)
        graph.metadata.emplace(entry.key, entry.value);
    note_wanted_values();
    VKSEG_TRY(add_initializers());
    VKSEG_TRY(add_inputs());
    for (const size_t index : order)
        VKSEG_TRY(add_node(model_.graph.nodes[index]));
    VKSEG_TRY(add_outputs());
    VKSEG_TRY(unsupported_.status());
    VKSEG_TRY(validate(graph));
    return std::move(graph);
}

} // namespace

Result<Graph> import_model(const ModelProto& model, TensorReader tensors)
{
    return Importer(model, std::move(tensors)).import();
}

} // namespace vkseg::onnx
