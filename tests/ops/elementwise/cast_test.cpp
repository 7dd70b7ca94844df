#include "support/check_op.hpp"
#include "support/subgraphs.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::cast_test {

TEST_CASE("cast: floats become integers by truncation")
{
    const Tensor x = Tensor::from(
        {3, 5}, {0, -0.0f, 0.5f, -0.5f, 0.99f, -0.99f, 1, -1, 2.5f, -2.5f, 100.7f, -129.2f, 255.9f, 300, -1000});
    for (const DType type : {DType::i64, DType::i32, DType::i8, DType::u8, DType::boolean})
        check_op(Cast{.to = type}, {x});
}

TEST_CASE("cast: integers and booleans become floats")
{
    for (const DType type : {DType::f32, DType::f16, DType::f64})
    {
        check_op(Cast{.to = type}, {random_integers({1, 5, 3, 7}, -2000, 2000)}, {.is_exact = true});
        check_op(Cast{.to = type}, {random_booleans({2, 3})}, {.is_exact = true});
    }
}

TEST_CASE("cast: integers wrap to narrower ones")
{
    const Tensor x = random_integers({1, 5, 3, 7}, -70000, 70000);
    for (const DType type : {DType::i64, DType::i32, DType::i8, DType::u8, DType::boolean})
        check_op(Cast{.to = type}, {x});
}

TEST_CASE("cast: floats stay as they are among themselves")
{
    for (const DType type : {DType::f32, DType::f16, DType::bf16, DType::f64})
        check_op(Cast{.to = type}, {random({1, 5, 3, 7})}, {.is_exact = true});
}

TEST_CASE("cast: takes the type of another value")
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {3});
    const ValueId like = graph.add_node("like", Cast{.to = DType::i8}, {x});
    graph.outputs = {graph.add_node("y", Cast{}, {x, like}), graph.add_node("again", Cast{}, {like, x})};
    check_equals_reference(graph, {{"x", Tensor::from({3}, {1.5f, -2.5f, 127.0f})}});
}

TEST_CASE("cast: says that its input is missing")
{
    CHECK(refusal(Cast{.to = DType::i32}, {missing()}) == "the input is missing");
}

} // namespace vkseg::test::cast_test
