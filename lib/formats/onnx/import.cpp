#include "formats/onnx/import.hpp"

#include "base/invalid.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
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

/// The version of the operator set.
Result<int64_t> read_opset(const ModelProto& model)
{
    int64_t opset = 0;
    for (const auto& [domain, version] : model.opsets)
    {
        if (is_default_domain(domain))
            opset = version;
    }
    const auto is_versioned = [](const NodeProto& node) { return is_default_domain(node.domain); };
    const std::vector<NodeProto>& nodes = model.graph.nodes;
    if (opset == 0 && std::none_of(nodes.begin(), nodes.end(), is_versioned))
        return newest_opset; // other domains are reported node by node
    if (opset == 0)
        return invalid("the version of the operator set (opset_import) is missing");
    if (opset < 1 || opset > newest_opset)
    {
        return Status(StatusCode::unsupported, "opset " + std::to_string(opset) + " is not supported, only 1 to " +
                                                   std::to_string(newest_opset));
    }
    return opset;
}

/// Makes the graph of a model, or of a subgraph.
class Importer
{
public:
    Importer(const GraphProto& proto, int64_t opset, TensorReader& tensors, UnsupportedList& unsupported)
        : proto_(proto)
        , translation_{
              .graph = {}, .opset = opset, .tensors = tensors, .unsupported = unsupported, .ids = {}, .wanted = {}}
    {}

    /// `outer` has the captured values; it is null if there are none.
    Result<Graph> import(const Translation* outer = nullptr, std::span<const std::string_view> captured = {});

private:
    Status add_initializers();
    Status add_inputs();
    void add_captured(const Translation& outer, std::span<const std::string_view> captured);
    Status add_node(const NodeProto& proto);
    Status read_node(const NodeProto& proto);
    Status add_outputs();
    void note_wanted_values();

    const GraphProto& proto_;
    Translation translation_;
};

Status Importer::add_initializers()
{
    for (const TensorProto& initializer : proto_.initializers)
    {
        Result<Tensor> tensor = translation_.tensors.read(initializer);
        if (!tensor.is_ok())
        {
            VKSEG_TRY(translation_.unsupported.collect(tensor.status()));
            tensor = Tensor::from(Shape{0}, {}); // go on, to list everything unsupported
        }
        translation_.ids[initializer.name] =
            translation_.graph.add_constant(std::string(initializer.name), std::move(*tensor));
    }
    return {};
}

Status Importer::add_inputs()
{
    for (const ValueInfoProto& input : proto_.inputs)
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
            VKSEG_TRY(
                translation_.unsupported.collect(value.status().with_context("input '" + printable(input.name) + "'")));
            value = Value{.name = std::string(input.name), .shape = {}, .constant = {}};
        }
        const ValueId id = translation_.graph.add_value(std::move(*value));
        translation_.graph.inputs.push_back(id);
        translation_.ids.emplace(input.name, id);
    }
    return {};
}

void Importer::add_captured(const Translation& outer, std::span<const std::string_view> captured)
{
    for (const std::string_view name : captured)
    {
        const Value& value = outer.graph.values[outer.ids.at(name)];
        ValueId id = no_value;
        if (value.constant)
            id = translation_.graph.add_constant(value.name, *value.constant);
        else
            id = translation_.graph.add_input(value.name, value.type, value.shape);
        translation_.graph.values[id].has_shape = value.has_shape;
        translation_.ids.emplace(name, id);
    }
}

void Importer::note_wanted_values()
{
    for (const NodeProto& node : proto_.nodes)
    {
        const std::vector<std::string_view> names = names_read(node);
        translation_.wanted.insert(names.begin(), names.end());
    }
    for (const ValueInfoProto& output : proto_.outputs)
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
    return translation_.unsupported.collect(read_node(proto).with_context(NodeReader::label(proto)));
}

Status Importer::add_outputs()
{
    std::unordered_set<std::string_view> seen;
    for (const ValueInfoProto& output : proto_.outputs)
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

Result<Graph> Importer::import(const Translation* outer, std::span<const std::string_view> captured)
{
    if (proto_.sparse_initializers > 0)
        return Status(StatusCode::unsupported, "sparse initializers are not supported");
    if (proto_.outputs.empty())
        return invalid("the graph has no outputs");
    VKSEG_ASSIGN(const std::vector<size_t> order, execution_order(proto_, captured));
    translation_.graph.name = printable(proto_.name);
    note_wanted_values();
    VKSEG_TRY(add_initializers());
    VKSEG_TRY(add_inputs());
    if (outer != nullptr)
        add_captured(*outer, captured);
    for (const size_t index : order)
        VKSEG_TRY(add_node(proto_.nodes[index]));
    VKSEG_TRY(add_outputs());
    if (translation_.unsupported.is_empty())
        VKSEG_TRY(validate(translation_.graph));
    return std::move(translation_.graph);
}

} // namespace

Result<Graph> import_model(const ModelProto& model, TensorReader tensors)
{
    if (!model.has_graph)
        return invalid("not an ONNX model: there is no graph in it");
    VKSEG_ASSIGN(const int64_t opset, read_opset(model));
    UnsupportedList unsupported; // reported at the end; any other failure stops the import
    VKSEG_ASSIGN(Graph graph, Importer(model.graph, opset, tensors, unsupported).import());
    VKSEG_TRY(unsupported.status());
    for (const StringPair& entry : model.metadata)
        graph.metadata.emplace(entry.key, entry.value);
    return graph;
}

Result<Graph> import_subgraph(const GraphProto& proto, const Translation& outer,
                              std::span<const std::string_view> captured)
{
    return Importer(proto, outer.opset, outer.tensors, outer.unsupported).import(&outer, captured);
}

} // namespace vkseg::onnx
