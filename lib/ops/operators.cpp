#include "ops/operators.hpp"

namespace vkseg {

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

size_t data_inputs(const Op& op, Inputs inputs)
{
    return std::visit([&](const auto& o) { return data_inputs(o, inputs); }, op);
}

size_t trailing_data_inputs(const Op& op)
{
    return std::visit([](const auto& o) { return trailing_data_inputs(o); }, op);
}

bool is_data_input(const Op& op, Inputs inputs, size_t input)
{
    return input < data_inputs(op, inputs) || input + trailing_data_inputs(op) >= inputs.size();
}

Status resolve(Op& op, Inputs inputs)
{
    return std::visit([&](auto& o) { return resolve(o, inputs); }, op);
}

Packing pack(const Op& op, Inputs inputs, const WeightLayout& layout, Storage storage)
{
    return std::visit([&](const auto& o) { return pack(o, inputs, layout, storage); }, op);
}

int64_t multiply_adds(const Op& op, Inputs inputs, const Outputs& outputs)
{
    return std::visit([&](const auto& o) { return multiply_adds(o, inputs, outputs); }, op);
}

bool has_picture_bytes(const Op& op)
{
    return std::visit([](const auto& o) { return has_picture_bytes(o); }, op);
}

} // namespace vkseg
