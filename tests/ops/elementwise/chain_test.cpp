#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::chain_test {
namespace {

ChainStep with_constant(BinaryKind kind, float constant, bool is_second = false)
{
    return {.function = Binary{kind}, .constant = constant, .is_second = is_second};
}

ChainStep with_input(BinaryKind kind, int input, bool is_second = false)
{
    return {.function = Binary{kind}, .operand = input, .is_second = is_second};
}

ChainStep alone(UnaryKind kind, float a = 0, float b = 0)
{
    return {.function = Unary{.kind = kind, .a = a, .b = b}};
}

} // namespace

TEST_CASE("chain: every function that chains have")
{
    const std::vector<ChainStep> steps = {
        alone(UnaryKind::relu),
        alone(UnaryKind::leaky_relu, 0.2f),
        alone(UnaryKind::clip, -0.5f, 0.25f),
        alone(UnaryKind::hard_sigmoid, 0.2f, 0.5f),
        alone(UnaryKind::hard_swish),
        alone(UnaryKind::abs),
        alone(UnaryKind::neg),
        alone(UnaryKind::reciprocal),
        alone(UnaryKind::exp),
        alone(UnaryKind::sigmoid),
        alone(UnaryKind::tanh),
        alone(UnaryKind::round),
        with_constant(BinaryKind::pow, 2),
        with_input(BinaryKind::prelu, 1),
    };
    const Tensor x = random({1, 5, 3, 7}, -2, 2);
    const Tensor w = random({1, 5, 3, 7}, 0.5f, 2, 2);
    for (const ChainStep& step : steps)
        check_op(Chain{{with_constant(BinaryKind::add, 0.125f), step}}, {x, w}, {.function_error = 64});
    for (const BinaryKind kind :
         {BinaryKind::add, BinaryKind::sub, BinaryKind::mul, BinaryKind::div, BinaryKind::min, BinaryKind::max})
    {
        for (const bool is_second : {false, true})
        {
            // Away from zero, by which the value may be divided.
            const Tensor away = random({1, 5, 3, 7}, 0.5f, 3, 3);
            check_op(Chain{{with_input(kind, 1, is_second), alone(UnaryKind::relu)}}, {away, w}, {.terms = 4});
            check_op(Chain{{with_constant(kind, 0.75f, is_second), alone(UnaryKind::abs)}}, {away}, {.terms = 4});
        }
    }
    for (const ChainStep& root : {alone(UnaryKind::sqrt), with_constant(BinaryKind::pow, 0.5f)})
        check_op(Chain{{alone(UnaryKind::abs), root}}, {x}, {.function_error = 16});
}

TEST_CASE("chain: steps in their order, up to the most")
{
    const Chain chain = {{alone(UnaryKind::sigmoid), with_input(BinaryKind::mul, 0),
                          with_input(BinaryKind::sub, 1, true), with_constant(BinaryKind::mul, 3),
                          with_input(BinaryKind::add, 2), alone(UnaryKind::hard_swish)}};
    for (const Shape& shape :
         {Shape{1, 4, 8, 8}, Shape{2, 5, 3, 7}, Shape{3, 6}, Shape{7}, Shape{1, 67, 5, 1}, Shape{}})
        check_op(chain, {random(shape, -2, 2), random(shape, -2, 2, 2), random(shape, -2, 2, 3)},
                 {.terms = 16, .function_error = 16});
}

TEST_CASE("chain: operands are broadcast")
{
    const Chain chain = {{with_input(BinaryKind::mul, 1), with_input(BinaryKind::add, 2), alone(UnaryKind::relu)}};
    struct Shapes
    {
        Shape a;
        Shape b;
        Shape c;
    };
    for (const Shapes& s :
         {Shapes{{1, 5, 3, 7}, {1, 5, 1, 1}, {1, 5, 3, 7}}, Shapes{{2, 1, 3, 7}, {2, 5, 1, 1}, {1, 5, 1, 7}},
          Shapes{{1, 8, 1, 1}, {1, 8, 9, 9}, {1, 1, 9, 9}}, Shapes{{6, 1, 5}, {1, 4, 5}, {6, 4, 1}},
          Shapes{{2, 3, 2, 3, 5}, {1, 3, 1, 1, 1}, {2, 3, 2, 3, 5}}, Shapes{{3, 1}, {1, 4}, {1, 1}}})
        check_op(chain, {random(s.a), random(s.b, -1, 1, 2), random(s.c, -1, 1, 3)}, {.terms = 4});
}

TEST_CASE("chain: refuses what its kernel does not have")
{
    const Tensor x = random({1, 4, 3, 3});
    CHECK(refusal(Chain{}, {x}).find("got 1 and 0") != std::string::npos);
    CHECK(refusal(Chain{{alone(UnaryKind::erf)}}, {x}).find("not a function that chains support") != std::string::npos);
    CHECK(refusal(Chain{{with_input(BinaryKind::prelu, 0, true)}}, {x}).find("not a function that chains support") !=
          std::string::npos);
    CHECK(refusal(Chain{{with_input(BinaryKind::add, 1)}}, {x}).find("reads input 1 of 1") != std::string::npos);
    CHECK(refusal(Chain{{with_input(BinaryKind::add, 1)}}, {x, random({1, 3, 3, 3})}).find("do not broadcast") !=
          std::string::npos);
    CHECK(refusal(Chain{{alone(UnaryKind::relu)}}, {random_integers({3}, 0, 4)}).find("floats") != std::string::npos);
}

} // namespace vkseg::test::chain_test
