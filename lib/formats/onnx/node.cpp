#include "formats/onnx/node.hpp"

#include "base/text.hpp"
#include "formats/onnx/import.hpp"
#include "formats/onnx/order.hpp"

#include <algorithm>

namespace vkseg::onnx {
namespace {

const char* type_name(AttributeType type)
{
    switch (type)
    {
    case AttributeType::real:
        return "a float";
    case AttributeType::integer:
        return "an integer";
    case AttributeType::text:
        return "a string";
    case AttributeType::tensor:
        return "a tensor";
    case AttributeType::graph:
        return "a graph";
    case AttributeType::reals:
        return "floats";
    case AttributeType::integers:
        return "integers";
    case AttributeType::texts:
        return "strings";
    default:
        return "something else";
    }
}

/// Returns the declared type; in old files, which declare none, the type of the value that is present.
AttributeType type_of(const AttributeProto& attribute)
{
    if (attribute.type != AttributeType::undefined)
        return attribute.type;
    if (attribute.real)
        return AttributeType::real;
    if (attribute.integer)
        return AttributeType::integer;
    if (attribute.text)
        return AttributeType::text;
    if (!attribute.tensors.empty())
        return AttributeType::tensor;
    if (!attribute.graphs.empty())
        return AttributeType::graph;
    return attribute.reals.empty() ? AttributeType::integers : AttributeType::reals;
}

std::string quoted(std::string_view name)
{
    return std::string("'").append(printable(name)).append("'");
}

std::string_view name_of(const NodeProto& node)
{
    return !node.name.empty() || node.outputs.empty() ? node.name : node.outputs.front();
}

} // namespace

std::string NodeReader::label(const NodeProto& proto, const std::string& path)
{
    return "node '" + path + printable(name_of(proto)) + "' (" + printable(proto.op_type) + ")";
}

std::string NodeReader::place_inside(const NodeProto& proto)
{
    constexpr size_t max_name_bytes = 32;
    return printable(name_of(proto).substr(0, max_name_bytes)) + "/";
}

std::string NodeReader::name() const
{
    return translation_.scope.place + printable(name_of(proto_));
}

const Tensor* NodeReader::constant(size_t index) const
{
    if (!has_input(index))
        return nullptr;
    const Value& value = translation_.graph.values[inputs_[index]];
    return value.constant ? &*value.constant : nullptr;
}

bool NodeReader::is_graph_input(ValueId id) const
{
    return !translation_.is_subgraph &&
           std::ranges::find(translation_.graph.inputs, id) != translation_.graph.inputs.end();
}

const FloatTwin* NodeReader::float_twin(ValueId id) const
{
    const auto found = translation_.float_twins.find(id);
    return found == translation_.float_twins.end() ? nullptr : &found->second;
}

bool NodeReader::is_wanted(size_t output) const
{
    return output < proto_.outputs.size() && !proto_.outputs[output].empty() &&
           translation_.scope.wanted.contains(proto_.outputs[output]);
}

bool NodeReader::has(std::string_view attribute) const
{
    for (const AttributeProto& candidate : proto_.attributes)
    {
        if (candidate.name == attribute)
            return true;
    }
    return false;
}

const AttributeProto* NodeReader::find(std::string_view attribute, AttributeType type)
{
    for (size_t i = 0; i < proto_.attributes.size(); ++i)
    {
        const AttributeProto& candidate = proto_.attributes[i];
        if (candidate.name != attribute)
            continue;
        is_read_[i] = true;
        if (type == AttributeType::undefined || type_of(candidate) == type)
            return &candidate;
        invalid("attribute " + quoted(attribute) + ": expected " + type_name(type) + ", got " +
                type_name(type_of(candidate)));
        return nullptr;
    }
    return nullptr;
}

int64_t NodeReader::integer(std::string_view attribute, int64_t fallback)
{
    const AttributeProto* found = find(attribute, AttributeType::integer);
    return found ? found->integer.value_or(0) : fallback;
}

int64_t NodeReader::required_integer(std::string_view attribute)
{
    if (!has(attribute))
        invalid("attribute " + quoted(attribute) + " is missing");
    return integer(attribute, 0);
}

bool NodeReader::flag(std::string_view attribute, bool fallback)
{
    const int64_t value = integer(attribute, fallback);
    if (value != 0 && value != 1)
        refuse_value(attribute, std::to_string(value));
    return value != 0;
}

float NodeReader::real(std::string_view attribute, float fallback)
{
    const AttributeProto* found = find(attribute, AttributeType::real);
    return found ? found->real.value_or(0) : fallback;
}

Integers NodeReader::integers(std::string_view attribute)
{
    const AttributeProto* found = find(attribute, AttributeType::integers);
    return found ? found->integers : Integers();
}

Integers NodeReader::required_integers(std::string_view attribute)
{
    if (!has(attribute))
        invalid("attribute " + quoted(attribute) + " is missing");
    return integers(attribute);
}

std::vector<float> NodeReader::reals(std::string_view attribute)
{
    const AttributeProto* found = find(attribute, AttributeType::reals);
    return found ? found->reals : std::vector<float>();
}

std::string_view NodeReader::text(std::string_view attribute, std::string_view fallback)
{
    const AttributeProto* found = find(attribute, AttributeType::text);
    return found ? found->text.value_or(std::string_view()) : fallback;
}

std::vector<std::string_view> NodeReader::texts(std::string_view attribute)
{
    const AttributeProto* found = find(attribute, AttributeType::texts);
    return found ? found->texts : std::vector<std::string_view>();
}

std::optional<Tensor> NodeReader::tensor(std::string_view attribute)
{
    const AttributeProto* found = find(attribute, AttributeType::tensor);
    if (!found)
        return std::nullopt;
    if (found->tensors.empty())
    {
        invalid("attribute " + quoted(attribute) + " holds no tensor");
        return std::nullopt;
    }
    Result<Tensor> tensor = translation_.tensors.read(found->tensors.front());
    if (!tensor.is_ok())
    {
        fail(tensor.status().with_context("attribute " + quoted(attribute)));
        return std::nullopt;
    }
    return std::move(tensor).value();
}

NodeReader::Subgraphs NodeReader::subgraphs(std::initializer_list<std::string_view> attributes)
{
    std::vector<const GraphProto*> protos;
    std::vector<std::string_view> captured;
    for (const std::string_view attribute : attributes)
    {
        const AttributeProto* found = find(attribute, AttributeType::graph);
        if (found == nullptr || found->graphs.empty())
        {
            invalid("attribute " + quoted(attribute) + " is missing");
            return {};
        }
        protos.push_back(&found->graphs.front());
        for (const std::string_view name : captured_names(*protos.back()))
        {
            if (std::ranges::find(captured, name) == captured.end())
                captured.push_back(name);
        }
    }
    Subgraphs result;
    for (const std::string_view name : captured)
    {
        const ValueId id = translation_.scope.ids.at(name); // the order of the nodes depends on captured values too
        if (id != no_value && !translation_.graph.values[id].constant)
            result.captured.push_back(id);
    }
    for (const GraphProto* proto : protos)
    {
        Result<Graph> graph = import_subgraph(*proto, translation_, captured, place_inside(proto_));
        if (!graph.is_ok())
        {
            fail(graph.status());
            return {};
        }
        result.graphs.push_back(std::make_shared<const Graph>(std::move(*graph)));
    }
    return result;
}

ValueId NodeReader::add_output(std::string_view output)
{
    if (output.empty())
        return no_value;
    const ValueId id = translation_.graph.add_value(
        {.name = translation_.scope.place + std::string(output), .shape = {}, .constant = {}});
    translation_.scope.ids.emplace(output, id);
    return id;
}

void NodeReader::emit(Op op, std::vector<ValueId> inputs)
{
    Node node = {.name = name(), .op = std::move(op), .inputs = std::move(inputs), .outputs = {}};
    for (const std::string_view output : proto_.outputs)
        node.outputs.push_back(add_output(output));
    translation_.graph.nodes.push_back(std::move(node));
}

ValueId NodeReader::emit_output(size_t index, Op op, std::vector<ValueId> inputs)
{
    if (index >= proto_.outputs.size())
        return no_value;
    const ValueId output = add_output(proto_.outputs[index]);
    translation_.graph.nodes.push_back(
        {.name = name(), .op = std::move(op), .inputs = std::move(inputs), .outputs = {output}});
    return output;
}

void NodeReader::emit_value(size_t index, ValueId id)
{
    if (index >= proto_.outputs.size() || proto_.outputs[index].empty())
        return;
    translation_.graph.values[id].name = translation_.scope.place + std::string(proto_.outputs[index]);
    translation_.scope.ids.emplace(proto_.outputs[index], id);
}

ValueId NodeReader::emit_integers(size_t index, const FloatTwin& twin)
{
    const ValueId output = emit_output(index, Cast{.to = twin.type}, {twin.floats});
    if (output != no_value)
        translation_.float_twins.emplace(output, twin);
    return output;
}

void NodeReader::emit_first_output(Op op, std::vector<ValueId> inputs)
{
    for (size_t i = 1; i < proto_.outputs.size(); ++i)
    {
        if (is_wanted(i))
            unsupported("output " + std::to_string(i) + " " + quoted(proto_.outputs[i]) + " is not supported");
    }
    emit_output(0, std::move(op), std::move(inputs));
}

void NodeReader::note_type(ValueId id, DType type)
{
    if (id != no_value)
        translation_.float_twins.emplace(id, FloatTwin{.type = type});
}

ValueId NodeReader::append(Op op, std::vector<ValueId> inputs, size_t outputs)
{
    return translation_.graph.add_node(name() + ".part" + std::to_string(parts_++), std::move(op), std::move(inputs),
                                       outputs);
}

ValueId NodeReader::add_constant(Tensor tensor)
{
    return translation_.graph.add_constant(name() + ".part" + std::to_string(parts_++), std::move(tensor));
}

void NodeReader::note_scales(ValueId id, std::vector<float> scales)
{
    translation_.graph.values[id].scales = std::move(scales);
}

void NodeReader::emit_constant(Tensor tensor)
{
    if (proto_.outputs.empty())
        return;
    const ValueId id = translation_.graph.add_constant(translation_.scope.place + std::string(proto_.outputs.front()),
                                                       std::move(tensor));
    translation_.scope.ids.emplace(proto_.outputs.front(), id);
}

void NodeReader::fail(Status status)
{
    add_failure(status_, std::move(status));
}

void NodeReader::refuse_value(std::string_view attribute, std::string_view value)
{
    unsupported("attribute " + quoted(attribute) + ": value " + quoted(value) + " is not supported");
}

Status NodeReader::finish()
{
    for (size_t i = 0; i < proto_.attributes.size(); ++i)
    {
        if (!is_read_[i])
            unsupported("attribute " + quoted(proto_.attributes[i].name) + " is not known");
    }
    // Even after a failure, later nodes must find the outputs of this node.
    for (const std::string_view output : proto_.outputs)
    {
        if (!translation_.scope.ids.contains(output))
            add_output(output);
    }
    return status_;
}

} // namespace vkseg::onnx
