#include "vkseg/graph.hpp"

#include <type_traits>

namespace vkseg {

Op::Op() = default;
Op::Op(const Op& other) = default;
Op::Op(Op&& other) noexcept = default;
Op& Op::operator=(const Op& other) = default;
Op& Op::operator=(Op&& other) noexcept = default;
Op::~Op() = default;

ValueId Graph::add_value(Value value)
{
    values.push_back(std::move(value));
    return ValueId(values.size() - 1);
}

ValueId Graph::add_input(std::string input_name, DType type, Shape shape)
{
    const ValueId id =
        add_value({.name = std::move(input_name), .type = type, .shape = shape, .has_shape = true, .constant = {}});
    inputs.push_back(id);
    return id;
}

ValueId Graph::add_constant(std::string constant_name, Tensor tensor)
{
    Value value = {.name = std::move(constant_name),
                   .type = tensor.type(),
                   .shape = tensor.shape(),
                   .has_shape = true,
                   .constant = {}};
    value.constant = std::move(tensor);
    return add_value(std::move(value));
}

ValueId Graph::add_node(std::string node_name, Op op, std::vector<ValueId> node_inputs, size_t output_count)
{
    Node node = {.name = std::move(node_name), .op = std::move(op), .inputs = std::move(node_inputs), .outputs = {}};
    const ValueId first = ValueId(values.size());
    for (size_t i = 0; i < output_count; ++i)
    {
        std::string output_name = node.name;
        if (i > 0)
            output_name.append(".").append(std::to_string(i));
        node.outputs.push_back(add_value(
            {.name = std::move(output_name), .type = DType::f32, .shape = {}, .has_shape = false, .constant = {}}));
    }
    nodes.push_back(std::move(node));
    return first;
}

std::optional<ValueId> Graph::find_value(const std::string& value_name) const
{
    for (size_t i = 0; i < values.size(); ++i)
    {
        if (values[i].name == value_name)
            return ValueId(i);
    }
    return std::nullopt;
}

Status Graph::freeze_input(const std::string& input_name, Tensor tensor)
{
    for (auto id = inputs.begin(); id != inputs.end(); ++id)
    {
        Value& value = values[*id];
        if (value.name != input_name)
            continue;
        value.type = tensor.type();
        value.shape = tensor.shape();
        value.has_shape = true;
        value.constant = std::move(tensor);
        value.is_weight = false;
        inputs.erase(id);
        return {};
    }
    return Status(StatusCode::invalid_argument, "network '" + name + "' has no input '" + input_name + "'");
}

} // namespace vkseg
