#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::fully_connected_test {

TEST_CASE("fully connected: rows of any number and rank, both orders of weights")
{
    check_op(FullyConnected{}, {random({1, 4}), random({4, 4})}, {.terms = 4});
    check_op(FullyConnected{}, {random({3, 7, 12}), random({20, 12}), random({20})}, {.terms = 13});
    check_op(FullyConnected{.has_inputs_first = true}, {random({2, 1, 5, 3, 64}), random({64, 88}), random({88})},
             {.terms = 65});
    check_op(FullyConnected{.has_inputs_first = true}, {random({257, 36}), random({36, 8}), missing()}, {.terms = 36});
    check_op(FullyConnected{}, {random({1, 49, 400}), random({100, 400})}, {.terms = 400});
}

TEST_CASE("fully connected: channels before spatial axes")
{
    check_op(FullyConnected{.is_over_channels = true}, {random({2, 12, 5, 7}), random({20, 12}), random({20})},
             {.terms = 13});
    check_op(FullyConnected{.has_inputs_first = true, .is_over_channels = true},
             {random({1, 8, 3, 4, 5}), random({8, 36})}, {.terms = 8});
}

TEST_CASE("fully connected: activations and residuals")
{
    const std::vector<Tensor> inputs = {random({5, 13, 16}), random({36, 16}), random({36})};
    check_op(FullyConnected{.activation = {.kind = UnaryKind::relu}}, inputs, {.terms = 17});
    std::vector<Tensor> with_residual = inputs;
    with_residual.push_back(random({5, 13, 36}, -1, 1, 2));
    check_op(FullyConnected{.has_residual = true}, with_residual, {.terms = 18});
    check_op(FullyConnected{.activation = {.kind = UnaryKind::hard_swish}, .has_residual = true}, with_residual,
             {.terms = 18});
    check_op(FullyConnected{.activation = {.kind = UnaryKind::relu}, .has_residual = true, .adds_residual_last = true},
             with_residual, {.terms = 18});
    check_op(FullyConnected{.has_residual = true}, {inputs[0], inputs[1], with_residual[3]}, {.terms = 17});
}

TEST_CASE("fully connected: refuses extents that do not fit")
{
    CHECK(refusal(FullyConnected{}, {random({3, 8}), random({4, 12})}) == "axis 1 of x must have 12 values, got 3x8");
    CHECK(refusal(FullyConnected{}, {random({3, 6}), random({4, 6})}) ==
          "extents of the weights must be multiples of 4, got 4x6");
    CHECK(refusal(FullyConnected{.has_residual = true}, {random({3, 8}), random({4, 8}), random({3, 8})}) ==
          "residual must be floats of shape 3x4, got f32 3x8");
    CHECK(refusal(FullyConnected{}, {random({3, 8}), random({4, 8}), random({8})}) == "bias must have 4 values, got 8");
}

} // namespace vkseg::test::fully_connected_test
