#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace vkseg::test::layer_normalization_test {
namespace {

struct Case
{
    Shape shape;
    Integers axes;
};

/// Every way in which rows can lie: whole elements, side by side, unaligned, blocks of channels.
const Case cases[] = {
    {{1, 1}, {1}},
    {{2, 5}, {-1}},
    {{3, 8}, {1}},
    {{2, 7, 96}, {-1}},
    {{2, 3, 21}, {2}},
    {{2, 17, 4, 3}, {1}},
    {{1, 4, 5, 7}, {1}},
    {{2, 6, 3, 5}, {3}},
    {{2, 6, 4, 4}, {2, 3}},
    {{2, 3, 2, 4}, {1, 2, 3}},
    {{2, 5, 4, 3, 2}, {1}},
    {{2, 3, 8, 12}, {2}},
    {{7}, {0}},
    {{2, 2, 3, 2, 3, 4}, {3}},
    {{4, 1, 12}, {0}},
};

Shape parameter_shape(const Case& c)
{
    Shape shape = c.shape;
    for (size_t axis = 0; axis < shape.rank(); ++axis)
    {
        const auto is_normalized = [&](int64_t listed)
        { return listed == int64_t(axis) || listed + int64_t(shape.rank()) == int64_t(axis); };
        if (std::none_of(c.axes.begin(), c.axes.end(), is_normalized))
            shape[axis] = 1;
    }
    return shape;
}

} // namespace

TEST_CASE("layer_normalization: agrees with the reference along any axes, in every kind")
{
    for (const Case& c : cases)
    {
        const Shape parameters = parameter_shape(c);
        for (const NormalizationKind kind : {NormalizationKind::layer, NormalizationKind::rms, NormalizationKind::l2})
            check_op(LayerNormalization{.kind = kind, .axes = c.axes},
                     {random(c.shape), random(parameters, 0.5f, 2, 2), random(parameters, -1, 1, 3)}, {.terms = 64});
    }
}

TEST_CASE("layer_normalization: takes epsilon in every place, and scale and bias or neither")
{
    const Shape shape = {2, 9, 20};
    for (const EpsilonPlace place : {EpsilonPlace::under_root, EpsilonPlace::after_root, EpsilonPlace::min_root})
        check_op(LayerNormalization{.kind = NormalizationKind::l2, .epsilon = 0.5f, .epsilon_place = place},
                 {random(shape, -0.2f, 0.2f)}, {.terms = 64});
    check_op(LayerNormalization{}, {random(shape), random({20})}, {.terms = 64});
    check_op(LayerNormalization{}, {random(shape), missing(), random({1})}, {.terms = 64});
}

TEST_CASE("layer_normalization: goes to the last axis, whatever the rank")
{
    for (const int64_t axis : {1, -2})
        check_op(LayerNormalization{.axes = {axis}, .to_last = true},
                 {random({2, 3, 4}), axis == 1 ? random({3, 4}) : random({4})}, {.terms = 64});
}

TEST_CASE("layer_normalization: squares may leave f16's range, and the mean be far from zero")
{
    check_op(LayerNormalization{}, {random({2, 5, 128}, -60000, 60000)}, {.terms = 128});
    check_op(LayerNormalization{.epsilon = 1e-15f}, {random({2, 5, 128}, 2000, 2002)}, {.terms = 4096});
    check_op(LayerNormalization{.axes = {1}}, {random({1, 130, 5, 6}, 300, 900)}, {.terms = 4096});
    check_op(LayerNormalization{.kind = NormalizationKind::l2}, {random({2, 4, 1024}, -900, 900)}, {.terms = 1024});
}

TEST_CASE("layer_normalization: few long rows are shared among invocations, and many short ones are not")
{
    check_op(LayerNormalization{.axes = {1, 2, 3}}, {random({2, 8, 64, 48})}, {.terms = 24576});
    check_op(LayerNormalization{.axes = {1}}, {random({1, 600, 2, 3})}, {.terms = 600});
    check_op(LayerNormalization{}, {random({700, 16})}, {.terms = 64});
}

TEST_CASE("layer_normalization: a constant row is the bias, whatever epsilon is")
{
    for (const float epsilon : {1e-5f, 1e-12f})
        check_op(LayerNormalization{.epsilon = epsilon},
                 {Tensor::from({3, 5, 16}, std::vector<float>(240, 0.1f)), random({16}), random({16}, -1, 1, 2)});
}

TEST_CASE("layer_normalization: refuses what does not fit")
{
    const Tensor x = random({2, 3, 4});
    CHECK(refusal(LayerNormalization{.epsilon = -1}, {x}).find("epsilon") != std::string::npos);
    CHECK(refusal(LayerNormalization{.axes = {0, 2}}, {x}).find("must be adjacent") != std::string::npos);
    CHECK(refusal(LayerNormalization{.axes = {3}}, {x}).find("got 3") != std::string::npos);
    CHECK(refusal(LayerNormalization{}, {x, random({3})}).find("scale must broadcast") != std::string::npos);
    CHECK(refusal(LayerNormalization{}, {x, random({4}), random({3, 4})}).find("bias must broadcast") !=
          std::string::npos);
    CHECK(refusal(LayerNormalization{}, {ints({1, 2})}).find("floats") != std::string::npos);
}

} // namespace vkseg::test::layer_normalization_test
