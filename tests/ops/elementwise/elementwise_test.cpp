#include "ops/elementwise/elementwise.hpp"

#include "elementwise/elementwise.h"

#include <doctest/doctest.h>

namespace vkseg::test::elementwise_test {
namespace {

Operand operand_of(const Shape& shape, Layout layout)
{
    Operand operand = {.shape = shape, .layout = layout, .view = packed_view(shape, layout), .is_present = true};
    operand.buffer_bytes = size_t(operand.elements4()) * element_bytes(operand.storage);
    return operand;
}

contract::Elementwise push_of(const Dispatch& dispatch)
{
    contract::Elementwise push;
    std::memcpy(&push, dispatch.push_constants.bytes().data(), sizeof(push));
    return push;
}

const ElementwiseKernel addition = {.in_step = Shader::binary, .strided = Shader::binary_strided};

} // namespace

TEST_CASE("elementwise: tensors larger than a binding are worked on in windows that cover them once")
{
    const Limits limits = {.max_storage_buffer_range_bytes = 4096, .storage_buffer_alignment_bytes = 64};
    for (const Shape& shape : {Shape{1, 30, 5, 7}, Shape{2, 32, 5, 7}, Shape{3, 32, 7, 17}, Shape{1, 8, 100, 100}})
    {
        const Operand y = operand_of(shape, Layout::blocked);
        const Operand b = operand_of({1, shape[1], 1, 1}, Layout::blocked);
        for (const Operand& operand : {y, b})
        {
            const BoundOperand operands[] = {{y, output()}, {y, input(0)}, {operand, input(1)}};
            Plan plan;
            const Status status = add_elementwise(plan, addition, operands, limits);
            const bool fits = operand.shape == shape || shape[2] * shape[3] * 16 <= 4096 - 64;
            REQUIRE(status.is_ok() == fits);
            if (!fits)
                continue;
            int64_t elements = 0;
            for (const Dispatch& dispatch : plan.dispatches)
            {
                const contract::Elementwise push = push_of(dispatch);
                for (const Binding& binding : dispatch.bindings)
                {
                    CHECK(binding.size_bytes <= limits.max_storage_buffer_range_bytes);
                    CHECK(binding.offset_bytes % limits.storage_buffer_alignment_bytes == 0);
                    CHECK(binding.offset_bytes + binding.size_bytes <= y.buffer_bytes);
                }
                CHECK(dispatch.bindings[0].offset_bytes / 16 + size_t(push.y.offset) == size_t(elements));
                elements += push.elements;
            }
            CHECK(elements == y.elements4());
        }
    }
}

TEST_CASE("elementwise: packed tensors without pad lanes need no coordinates")
{
    const Operand y = operand_of({2, 8, 3, 5}, Layout::blocked);
    const Operand scalar = operand_of({1, 1, 1, 1}, Layout::blocked);
    for (const Operand& b : {y, scalar})
    {
        const BoundOperand operands[] = {{y, output()}, {y, input(0)}, {b, input(1)}};
        Plan plan;
        REQUIRE(add_elementwise(plan, addition, operands, Limits()).is_ok());
        const contract::Elementwise push = push_of(plan.dispatches.at(0));
        CHECK(plan.dispatches[0].specialization.at(contract::walk_id) == contract::walk_flat);
        CHECK(push.elements == 2 * 2 * 3 * 5);
        CHECK(push.channels == push.elements * 4);
    }
}

TEST_CASE("elementwise: operands of one value a channel need one division")
{
    const auto walk_of = [](const Shape& shape, const Shape& other)
    {
        const Operand y = operand_of(shape, Layout::blocked);
        const BoundOperand operands[] = {{y, output()}, {y, input(0)}, {operand_of(other, Layout::blocked), input(1)}};
        Plan plan;
        REQUIRE(add_elementwise(plan, addition, operands, Limits()).is_ok());
        return int(plan.dispatches.at(0).specialization.at(contract::walk_id));
    };
    CHECK(walk_of({1, 8, 3, 5}, {1, 8, 1, 1}) == contract::walk_planes);
    CHECK(walk_of({1, 7, 3, 5}, {1, 7, 3, 5}) == contract::walk_planes); // lanes are masked by the block
    CHECK(walk_of({2, 8, 3, 5}, {1, 8, 1, 1}) == contract::walk_any);
    CHECK(walk_of({1, 8, 3, 5}, {1, 8, 3, 1}) == contract::walk_any);
}

/// The plan of a sum of y's shape and a linear tensor that broadcasts to it.
Plan broadcast_plan(const Shape& shape, const Shape& broadcast)
{
    const Operand y = operand_of(shape, Layout::linear);
    const Operand b = operand_of(broadcast, Layout::linear);
    const BoundOperand operands[] = {{y, output()}, {y, input(0)}, {b, input(1)}};
    Plan plan;
    REQUIRE(add_elementwise(plan, addition, operands, Limits()).is_ok());
    return plan;
}

TEST_CASE("elementwise: adjacent axes that are broadcast alike become one")
{
    const Plan plan = broadcast_plan({2, 3, 3, 5}, {1, 1, 3, 5});
    contract::ElementwiseStrided push;
    std::memcpy(&push, plan.dispatches.at(0).push_constants.bytes().data(), sizeof(push));
    CHECK(plan.dispatches[0].shader == Shader::binary_strided);
    CHECK(push.axes == 2);
    CHECK(push.extents[0] == 6);
    CHECK(push.b_strides[0] == 0);
    CHECK(push.b_strides[1] == 1);
}

TEST_CASE("elementwise: broadcasts along whole elements are computed in elements of four values")
{
    const Plan plan = broadcast_plan({2, 3, 4, 5}, {1, 1, 4, 5});
    contract::Elementwise push;
    std::memcpy(&push, plan.dispatches.at(0).push_constants.bytes().data(), sizeof(push));
    CHECK(plan.dispatches[0].shader == Shader::binary);
    CHECK(plan.dispatches[0].specialization.at(contract::walk_id) == contract::walk_planes);
    CHECK(push.elements == 30);
    CHECK(push.b.view.block_pitch == 0);
    CHECK(push.b.x_pitch == 1);
    CHECK(broadcast_plan({2, 3, 4, 8}, {3, 1, 8}).dispatches[0].shader == Shader::binary);
    CHECK(broadcast_plan({2, 3, 4, 8}, {3, 4, 1}).dispatches[0].shader == Shader::binary_strided);
}

} // namespace vkseg::test::elementwise_test
