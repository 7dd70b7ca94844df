#include "formats/onnx/import.hpp"

#include "base/invalid.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "formats/checked_shape.hpp"
#include "formats/onnx/functions.hpp"
#include "formats/onnx/operators.hpp"
#include "formats/onnx/order.hpp"

#include <algorithm>

namespace vkseg::onnx {
namespace {

// The operator table gives the opset since which each operator has its current meaning. Beyond the newest opset, an
// operator may have a meaning that was never checked.
constexpr int64_t newest_opset = 24;

/// 0 if the list does not have the default domain.
int64_t default_opset(const std::vector<OpsetImport>& opsets)
{
    int64_t opset = 0;
    for (const auto& [domain, version] : opsets)
    {
        if (is_default_domain(domain))
            opset = version;
    }
    return opset;
}

Status check_opset(int64_t opset)
{
    if (opset >= 1 && opset <= newest_opset)
        return {};
    return Status(StatusCode::unsupported,
                  "opset " + std::to_string(opset) + " is not supported, only 1 to " + std::to_string(newest_opset));
}

/// The version of the operator set.
Result<int64_t> read_opset(const ModelProto& model)
{
    const int64_t opset = default_opset(model.opsets);
    const auto is_versioned = [](const NodeProto& node) { return is_default_domain(node.domain); };
    const std::vector<NodeProto>& nodes = model.graph.nodes;
    if (opset == 0 && std::none_of(nodes.begin(), nodes.end(), is_versioned))
        return newest_opset; // other domains are reported node by node
    if (opset == 0)
        return invalid("the version of the operator set (opset_import) is missing");
    VKSEG_TRY(check_opset(opset));
    return opset;
}

/// Makes the graph of a model, or of a subgraph.
class Importer
{
public:
    Importer(const GraphProto& proto, Scope scope, TensorReader& tensors, UnsupportedList& unsupported,
             FunctionCalls& functions)
        : proto_(proto)
        , translation_{.graph = {},
                       .scope = std::move(scope),
                       .tensors = tensors,
                       .unsupported = unsupported,
                       .functions = functions}
    {}

    /// `outer` has the captured values; it is null if there are none.
    Result<Graph> import(const Translation* outer = nullptr, std::span<const std::string_view> captured = {});

private:
    Status add_initializers();
    Status add_inputs();
    void add_captured(const Translation& outer, std::span<const std::string_view> captured);
    Status add_node(const NodeProto& proto);
    Status read_node(const NodeProto& proto);
    Status read_operator(const NodeProto& proto, std::vector<ValueId> inputs);
    Status call(const FunctionProto& function, const NodeProto& proto, const std::vector<ValueId>& inputs);
    Status take_results(const FunctionProto& function, const NodeProto& proto, const Scope& body,
                        std::vector<ValueId> inputs);
    Status add_outputs();

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
        translation_.scope.ids[initializer.name] =
            translation_.graph.add_constant(std::string(initializer.name), std::move(*tensor));
    }
    return {};
}

const char* name_of(ValueKind kind)
{
    switch (kind)
    {
    case ValueKind::tensor:
        return "a tensor";
    case ValueKind::sequence:
        return "a sequence";
    case ValueKind::map:
        return "a map";
    case ValueKind::sparse_tensor:
        return "a sparse tensor";
    case ValueKind::optional:
        return "an optional value";
    default:
        return "no type";
    }
}

Status Importer::add_inputs()
{
    for (const ValueInfoProto& input : proto_.inputs)
    {
        if (translation_.scope.ids.contains(input.name)) // is an initializer
            continue;
        const auto describe = [&]() -> Result<Value>
        {
            Value value = {.name = std::string(input.name), .shape = {}, .constant = {}};
            if (input.kind != ValueKind::tensor && translation_.is_subgraph)
                return value; // its node gives the type
            if (input.kind != ValueKind::tensor)
                return Status(StatusCode::unsupported, std::string("expected a tensor, got ") + name_of(input.kind));
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
        translation_.scope.ids.emplace(input.name, id);
    }
    return {};
}

void Importer::add_captured(const Translation& outer, std::span<const std::string_view> captured)
{
    for (const std::string_view name : captured)
    {
        const ValueId outer_id = outer.scope.ids.at(name);
        ValueId id = no_value;
        if (outer_id == no_value)
        {
            translation_.scope.ids.emplace(name, no_value);
            continue;
        }
        const Value& value = outer.graph.values[outer_id];
        if (value.constant)
            id = translation_.graph.add_constant(value.name, *value.constant);
        else
            id = translation_.graph.add_input(value.name, value.type, value.shape);
        translation_.graph.values[id].has_shape = value.has_shape;
        translation_.scope.ids.emplace(name, id);
    }
}

void note_wanted_values(const GraphProto& graph, std::unordered_set<std::string_view>& wanted)
{
    for (const NodeProto& node : graph.nodes)
    {
        const std::vector<std::string_view> names = names_read(node);
        wanted.insert(names.begin(), names.end());
    }
    for (const ValueInfoProto& output : graph.outputs)
        wanted.insert(output.name);
}

Status Importer::read_operator(const NodeProto& proto, std::vector<ValueId> inputs)
{
    NodeReader node(translation_, proto, std::move(inputs));
    const OperatorReader* reader = find_operator(proto.domain, proto.op_type);
    if (!reader)
    {
        (void)node.finish(); // registers the outputs
        return Status(StatusCode::unsupported, refusal_of(proto.domain, proto.op_type));
    }
    if (node.opset() < reader->since_opset)
    {
        (void)node.finish(); // registers the outputs
        return Status(StatusCode::unsupported, "opset " + std::to_string(node.opset()) +
                                                   " of this operator is not supported; expected opset " +
                                                   std::to_string(reader->since_opset) + " or later");
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

Status Importer::read_node(const NodeProto& proto)
{
    std::vector<ValueId> inputs;
    for (const std::string_view input : proto.inputs)
        inputs.push_back(input.empty() ? no_value : translation_.scope.ids.at(input));
    while (!inputs.empty() && inputs.back() == no_value)
        inputs.pop_back();
    const NodeProto* node = &proto;
    NodeProto bound;
    if (refers_to_attributes(proto))
    {
        VKSEG_ASSIGN(bound, with_attributes(proto, translation_.scope));
        node = &bound;
    }
    if (const FunctionProto* function = translation_.functions.find(*node))
    {
        Status status = call(*function, *node, inputs);
        if (!status.is_ok())
            (void)NodeReader(translation_, *node, std::move(inputs)).finish(); // registers the outputs
        return status;
    }
    return read_operator(*node, std::move(inputs));
}

/// Gives the node's outputs the values that the body computed.
Status Importer::take_results(const FunctionProto& function, const NodeProto& proto, const Scope& body,
                              std::vector<ValueId> inputs)
{
    std::unordered_set<ValueId> taken(inputs.begin(), inputs.end());
    NodeReader node(translation_, proto, std::move(inputs));
    for (size_t i = 0; i < proto.outputs.size(); ++i)
    {
        if (proto.outputs[i].empty())
            continue;
        const auto found = body.ids.find(function.body.outputs[i].name);
        if (found == body.ids.end() || found->second == no_value)
            return invalid("output '" + printable(function.body.outputs[i].name) + "' of the function is not computed");
        const ValueId id = found->second;
        if (!taken.insert(id).second) // an input, or another output
        {
            node.emit_output(i, Unary{.kind = UnaryKind::identity}, {id});
            continue;
        }
        translation_.graph.values[id].name = translation_.scope.place + std::string(proto.outputs[i]);
        translation_.scope.ids.emplace(proto.outputs[i], id);
    }
    return {};
}

/// Translates the nodes of the function's body in place of the node.
Status Importer::call(const FunctionProto& function, const NodeProto& proto, const std::vector<ValueId>& inputs)
{
    VKSEG_ASSIGN(Scope body, translation_.functions.enter(function, proto, inputs, translation_.scope));
    if (const int64_t opset = default_opset(function.opsets); opset != 0)
        body.opset = opset;
    VKSEG_TRY(check_opset(body.opset));
    Result<std::vector<size_t>> order = execution_order(function.body, {});
    if (!order.is_ok())
        return order.status().with_context("function '" + printable(function.name) + "'");
    note_wanted_values(function.body, body.wanted);
    std::swap(translation_.scope, body);
    Status status;
    for (size_t i = 0; i < order->size() && status.is_ok(); ++i)
        status = add_node(function.body.nodes[(*order)[i]]);
    std::swap(translation_.scope, body);
    VKSEG_TRY(std::move(status));
    return take_results(function, proto, body, inputs);
}

Status Importer::add_node(const NodeProto& proto)
{
    constexpr size_t max_nodes = size_t(1) << 20; // a node of the file may become several, of a few hundred bytes each
    if (translation_.graph.nodes.size() > max_nodes)
        return Status(StatusCode::invalid_model, "the network has more than " + std::to_string(max_nodes) + " nodes");
    const std::string& path = translation_.scope.path;
    const Status status = read_node(proto);
    const bool names_inner_node = status.message().starts_with("node '" + path + NodeReader::place_inside(proto));
    return translation_.unsupported.collect(
        names_inner_node ? status : status.with_context(NodeReader::label(proto, path)), printable(proto.op_type));
}

Status Importer::add_outputs()
{
    std::unordered_set<std::string_view> seen;
    for (const ValueInfoProto& output : proto_.outputs)
    {
        const auto id = translation_.scope.ids.find(output.name);
        if (id == translation_.scope.ids.end())
            return invalid("output '" + printable(output.name) + "' is not computed by any node");
        if (!seen.insert(output.name).second)
            return invalid("output '" + printable(output.name) + "' is listed twice");
        if (!translation_.is_subgraph && (output.kind == ValueKind::sequence || output.kind == ValueKind::map))
            VKSEG_TRY(translation_.unsupported.collect(
                Status(StatusCode::unsupported,
                       "output '" + printable(output.name) + "': expected a tensor, got " + name_of(output.kind))));
        translation_.graph.outputs.push_back(id->second);
        Value& value = translation_.graph.values[id->second];
        const Result<DType> type = data_type(output.type);
        const Result<Shape> shape = checked_shape(output.dims);
        if (value.constant || value.has_shape || output.kind != ValueKind::tensor || !type.is_ok() || !shape.is_ok())
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
    note_wanted_values(proto_, translation_.scope.wanted);
    translation_.is_subgraph = outer != nullptr;
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
    FunctionCalls functions;
    VKSEG_TRY(functions.add(model.functions));
    Scope scope;
    scope.opset = opset;
    VKSEG_ASSIGN(Graph graph, Importer(model.graph, std::move(scope), tensors, unsupported, functions).import());
    VKSEG_TRY(unsupported.status());
    for (const StringPair& entry : model.metadata)
        graph.metadata.emplace(entry.key, entry.value);
    return graph;
}

Result<Graph> import_subgraph(const GraphProto& proto, const Translation& outer,
                              std::span<const std::string_view> captured, const std::string& place)
{
    Scope scope = outer.scope;
    scope.ids.clear();
    scope.wanted.clear();
    scope.path += place;
    scope.place.clear(); // planning puts the name of the node before those in the subgraph
    return Importer(proto, std::move(scope), outer.tensors, outer.unsupported, outer.functions)
        .import(&outer, captured);
}

} // namespace vkseg::onnx
