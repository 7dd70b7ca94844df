#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace vkseg::test::unary_test {
namespace {

/// Values on both sides of every border that a kind has, up to where f16 ends.
Tensor borders(Shape shape)
{
    static constexpr float values[] = {0,    -0.0f,  1e-4f, -1e-4f, 0.25f, -0.3f,  0.5f, -0.5f, 0.62f,  -0.63f, 1,
                                       -1,   1.5f,   -1.5f, 2.5f,   -2.5f, 3,      -3,   3.3f,  -4.7f,  6,      -6,
                                       9.5f, -9.5f,  11,    -12,    19.5f, -20.5f, 30,   -30,   88.5f,  -88.5f, 100,
                                       -100, -104.5, 1e3f,  -1e3f,  1e4f,  -1e4f,  6e4f, -6e4f, 0.999f, -1.001f};
    std::vector<float> filled(size_t(shape.elements()));
    for (size_t i = 0; i < filled.size(); ++i)
        filled[i] = values[i % std::size(values)];
    return Tensor::from(shape, std::move(filled));
}

struct Case
{
    UnaryKind kind;
    float a = 0;
    float b = 0;
};

} // namespace

TEST_CASE("unary: every activation agrees with the reference around its borders")
{
    for (const Case& c : {Case{UnaryKind::identity},
                          Case{UnaryKind::relu},
                          Case{UnaryKind::leaky_relu, 0.1f},
                          Case{UnaryKind::leaky_relu, 1.5f},
                          Case{UnaryKind::elu, 1.0f},
                          Case{UnaryKind::elu, 2.5f},
                          Case{UnaryKind::selu, 1.67326319f, 1.05070102f},
                          Case{UnaryKind::celu, 1.0f},
                          Case{UnaryKind::celu, 2.0f},
                          Case{UnaryKind::sigmoid},
                          Case{UnaryKind::hard_sigmoid, 0.2f, 0.5f},
                          Case{UnaryKind::hard_swish},
                          Case{UnaryKind::tanh},
                          Case{UnaryKind::softplus},
                          Case{UnaryKind::softsign},
                          Case{UnaryKind::thresholded_relu, 1.0f},
                          Case{UnaryKind::clip, -1.5f, 6.0f},
                          Case{UnaryKind::abs},
                          Case{UnaryKind::neg},
                          Case{UnaryKind::floor},
                          Case{UnaryKind::ceil},
                          Case{UnaryKind::round},
                          Case{UnaryKind::erf},
                          Case{UnaryKind::mish},
                          Case{UnaryKind::gelu},
                          Case{UnaryKind::gelu_tanh},
                          Case{UnaryKind::sign},
                          Case{UnaryKind::sin},
                          Case{UnaryKind::cos},
                          Case{UnaryKind::atan},
                          Case{UnaryKind::asinh}})
    {
        CAPTURE(int(c.kind));
        check_op(Unary{.kind = c.kind, .a = c.a, .b = c.b}, {borders({1, 5, 3, 7})});
        // Where results are small an absolute tolerance would hide them.
        check_op(Unary{.kind = c.kind, .a = c.a, .b = c.b}, {random({1, 4, 5, 8}, -0.01f, 0.01f)});
    }
}

TEST_CASE("unary: functions of a bounded domain agree with the reference within it")
{
    check_op(Unary{.kind = UnaryKind::exp}, {random({1, 5, 3, 7}, -80, 10)}, {.function_error = 300});
    check_op(Unary{.kind = UnaryKind::exp}, {random({1, 5, 3, 7}, -1, 1)});
    check_op(Unary{.kind = UnaryKind::log}, {random({1, 5, 3, 7}, 1e-3f, 1e4f)});
    check_op(Unary{.kind = UnaryKind::log}, {random({1, 5, 3, 7}, 0.9f, 1.1f)});
    check_op(Unary{.kind = UnaryKind::sqrt}, {random({1, 5, 3, 7}, 0, 1e4f)});
    check_op(Unary{.kind = UnaryKind::reciprocal}, {random({1, 5, 3, 7}, 0.1f, 10)});
    check_op(Unary{.kind = UnaryKind::reciprocal}, {random({2, 3}, -10, -0.1f)});
    check_op(Unary{.kind = UnaryKind::tan}, {random({1, 5, 3, 7}, -1.4f, 4.5f)}, {.function_error = 16});
    for (const UnaryKind kind : {UnaryKind::asin, UnaryKind::acos, UnaryKind::atanh})
    {
        check_op(Unary{.kind = kind}, {random({1, 5, 3, 7}, -0.99f, 0.99f)}, {.function_error = 16});
        check_op(Unary{.kind = kind}, {random({1, 4, 5, 8}, -0.01f, 0.01f)});
        check_op(Unary{.kind = kind}, {Tensor::from({4}, {1, -1, 1.5f, -2})}); // infinity and NaN
    }
    for (const UnaryKind kind : {UnaryKind::sinh, UnaryKind::cosh})
    {
        check_op(Unary{.kind = kind}, {random({1, 5, 3, 7}, -11, 11)}, {.function_error = 64});
        check_op(Unary{.kind = kind}, {random({1, 4, 5, 8}, -0.01f, 0.01f)});
    }
    check_op(Unary{.kind = UnaryKind::acosh}, {random({1, 5, 3, 7}, 1, 6e4f)});
    check_op(Unary{.kind = UnaryKind::acosh}, {Tensor::from({5}, {1, 1.0009765625f, 1.5f, 0.5f, -3})});
}

TEST_CASE("unary: pad lanes and tails stay zero where the function of zero is not")
{
    for (const Shape& shape : {Shape{}, Shape{7}, Shape{2, 3}, Shape{1, 1, 1, 1}, Shape{2, 5, 3}, Shape{2, 21, 3, 2},
                               Shape{2, 3, 2, 3, 5}, Shape{1, 2, 1, 3, 1, 5}, Shape{1, 17, 31, 37}})
        check_op(Unary{.kind = UnaryKind::exp}, {random(shape)});
}

TEST_CASE("unary: integers and booleans")
{
    for (const UnaryKind kind : {UnaryKind::identity, UnaryKind::relu, UnaryKind::abs, UnaryKind::neg, UnaryKind::sign})
        check_op(Unary{.kind = kind}, {random_integers({2, 3, 4, 5}, -100000000, 100000000)});
    check_op(Unary{.kind = UnaryKind::clip, .a = -3, .b = std::numeric_limits<float>::max()},
             {random_integers({2, 5}, -9, 9)});
    check_op(Unary{.kind = UnaryKind::logical_not}, {random_booleans({1, 5, 3, 3})});
}

TEST_CASE("unary: narrow integers wrap")
{
    const Tensor bytes =
        Tensor::from_bytes(DType::i8, {4}, {std::byte(0x80), std::byte(0x7f), std::byte(0), std::byte(0xff)});
    check_op(Unary{.kind = UnaryKind::neg}, {bytes});
    check_op(Unary{.kind = UnaryKind::abs}, {bytes});
}

TEST_CASE("unary: Clip takes its bounds as inputs, each of which may be missing")
{
    const Tensor x = random({1, 5, 3, 3}, -5, 5);
    const Tensor lower = Tensor::from({}, {-1.5f});
    const Tensor upper = Tensor::from({}, {2.25f});
    check_op(Unary{.kind = UnaryKind::clip}, {x, lower, upper});
    check_op(Unary{.kind = UnaryKind::clip}, {x, lower});
    check_op(Unary{.kind = UnaryKind::clip}, {x, missing(), upper});
    check_op(Unary{.kind = UnaryKind::clip}, {x, upper, lower}); // the upper bound wins
    const float infinity = std::numeric_limits<float>::infinity();
    check_op(Unary{.kind = UnaryKind::clip, .a = -infinity, .b = infinity}, {x});
    check_op(Unary{.kind = UnaryKind::clip}, {random_integers({2, 5}, -9, 9), ints({-3}).reshaped({}), missing()});
}

TEST_CASE("unary: says what it does not take")
{
    const Tensor floats = random({1, 3, 2, 2});
    const Tensor integers = random_integers({2}, 0, 9);
    CHECK(refusal(Unary{.kind = UnaryKind::logical_not}, {floats}) == "the input must be bool, got f32");
    CHECK(refusal(Unary{.kind = UnaryKind::sigmoid}, {integers}) == "the input must be a float, got i64");
    CHECK(refusal(Unary{.kind = UnaryKind::abs}, {random_booleans({2})}) ==
          "the input must be a float or an integer, got bool");
    CHECK(refusal(Unary{.kind = UnaryKind::celu}, {floats}) == "alpha must not be 0");
    CHECK(refusal(Unary{.kind = UnaryKind::relu}, {missing()}) == "the input is missing");
    CHECK(refusal(Unary{.kind = UnaryKind::clip}, {floats, random({2})}) == "a bound must be a single value, got 2");
    CHECK(refusal(Unary{.kind = UnaryKind::clip}, {integers, ints({16777217}).reshaped({})}) ==
          "integer bounds must be from -2^24 to 2^24, or at or beyond the limits of i32, got 16777217");
}

} // namespace vkseg::test::unary_test
