#include "ops/operators.hpp"

#include "base/text.hpp"
#include "vkseg/graph.hpp"

namespace vkseg {

std::string name(const Op& op)
{
    return signature(op).name;
}

std::string describe(const Node& node)
{
    return "node '" + printable(node.name) + "' (" + name(node.op) + ")";
}

Signature signature(const Op& op)
{
    return std::visit([](const auto& o) { return signature(o); }, op);
}

Result<Outputs> infer(const Op& op, Inputs inputs)
{
    return std::visit([&](const auto& o) { return infer(o, inputs); }, op);
}

LayoutRule layout_rule(const Op& op, Inputs inputs)
{
    return std::visit([&](const auto& o) { return layout_rule(o, inputs); }, op);
}

Result<Plan> plan(const Op& op, const PlanRequest& request)
{
    return std::visit([&](const auto& o) { return plan(o, request); }, op);
}

Shape packed_shape(const Signature& signature, const Shape& shape)
{
    if (!signature.packs_shapes)
        return {};
    if (signature.packed_axes.empty())
        return shape;
    Shape packed = shape;
    for (size_t axis = 0; axis < shape.rank(); ++axis)
        packed[axis] = 1;
    for (const int64_t axis : signature.packed_axes)
    {
        const size_t place = size_t(axis < 0 ? axis + int64_t(shape.rank()) : axis);
        if (place < shape.rank()) // an input that is left out has no axes
            packed[place] = shape[place];
    }
    return packed;
}

bool is_data_input(const Op& op, size_t input_count, size_t input)
{
    const Signature facts = signature(op);
    return input < facts.data_inputs || input + facts.trailing_data_inputs >= input_count;
}

Status resolve(Op& op, Inputs inputs)
{
    return std::visit([&](auto& o) { return resolve(o, inputs); }, op);
}

Packing pack(const Op& op, Inputs inputs, const WeightLayout& layout, Storage storage)
{
    const Signature facts = signature(op);
    std::vector<TensorInfo> infos(inputs.begin(), inputs.end());
    for (TensorInfo& info : infos)
    {
        if (info.constant == nullptr)
            info.shape = packed_shape(facts, info.shape);
    }
    return std::visit([&](const auto& o) { return pack(o, infos, layout, storage); }, op);
}

int64_t multiply_adds(const Op& op, Inputs inputs, const Outputs& outputs)
{
    return std::visit([&](const auto& o) { return multiply_adds(o, inputs, outputs); }, op);
}

} // namespace vkseg
