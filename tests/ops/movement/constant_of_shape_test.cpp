#include "reference/evaluate.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::constant_of_shape_test {
namespace {

Tensor constant_of_shape(const ConstantOfShape& op, const Tensor& shape)
{
    const Tensor* inputs[] = {&shape};
    const Result<reference::Tensors> outputs = reference::evaluate(op, inputs);
    REQUIRE(outputs.is_ok());
    return (*outputs)[0];
}

} // namespace

TEST_CASE("constant_of_shape: fills the shape with the value, and with the float 0 if there is none")
{
    const Tensor fives = constant_of_shape({.value = Tensor::from({1}, {5})}, ints({2, 3}));
    CHECK(fives.shape() == Shape{2, 3});
    CHECK(fives.to_floats() == std::vector<float>(6, 5));

    const Tensor sevens = constant_of_shape({.value = ints({7})}, ints({4}));
    CHECK(sevens.type() == DType::i64);
    CHECK(sevens.to_integers() == std::vector<int64_t>(4, 7));

    const Tensor zeros = constant_of_shape({}, ints({3, 1}));
    CHECK(zeros.type() == DType::f32);
    CHECK(zeros.to_floats() == std::vector<float>(3, 0));
}

TEST_CASE("constant_of_shape: gives a scalar for no extents, and nothing for an extent of 0")
{
    CHECK(constant_of_shape({}, ints({})).shape() == Shape{});
    CHECK(constant_of_shape({}, ints({2, 0})).elements() == 0);
}

TEST_CASE("constant_of_shape: refuses negative extents, too many of them, and a value that is more than one")
{
    CHECK(refusal(ConstantOfShape{}, {ints({2, -1})}) == "extents must be 0 or more, got -1");
    CHECK(refusal(ConstantOfShape{}, {ints({1, 1, 1, 1, 1, 1, 1, 1, 1})}) == "shape must have at most 8 axes, got 9");
    CHECK(refusal(ConstantOfShape{.value = ints({1, 2})}, {ints({2})}) ==
          "value must be a single value, got a tensor of shape 2");
}

} // namespace vkseg::test::constant_of_shape_test
