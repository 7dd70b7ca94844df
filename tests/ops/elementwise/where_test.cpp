#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::where_test {

TEST_CASE("where: chooses under every broadcast")
{
    struct Shapes
    {
        Shape condition;
        Shape a;
        Shape b;
    };
    for (const Shapes& s :
         {Shapes{{1, 5, 3, 7}, {1, 5, 3, 7}, {1, 5, 3, 7}}, Shapes{{1, 5, 3, 7}, {}, {1, 5, 3, 7}},
          Shapes{{2, 1, 3, 7}, {2, 5, 3, 7}, {}}, Shapes{{2, 5, 1, 1}, {2, 5, 3, 7}, {1, 1, 3, 7}},
          Shapes{{}, {7}, {3, 1}}, Shapes{{3, 1}, {1, 4}, {}}, Shapes{{}, {}, {}}, Shapes{{4, 1, 1}, {5, 1}, {6}},
          Shapes{{2, 8, 3, 7}, {8, 1, 1}, {7}}, Shapes{{2, 3, 2, 3, 5}, {1, 1, 2, 1, 1}, {2, 3, 2, 3, 5}}})
        check_op(Where{}, {random_booleans(s.condition), random(s.a, -1, 1, 2), random(s.b, -1, 1, 3)},
                 {.is_exact = true});
}

TEST_CASE("where: chooses integers and booleans")
{
    const Tensor condition = random_booleans({2, 3, 4});
    check_op(Where{}, {condition, random_integers({4}, -9, 9), random_integers({2, 3, 4}, -9, 9)});
    check_op(Where{}, {condition, random_booleans({2, 3, 4}, 2), random_booleans({3, 1}, 3)});
}

TEST_CASE("where: does not let the other operand's infinities through")
{
    const float infinity = std::numeric_limits<float>::infinity();
    check_op(Where{}, {random_booleans({3, 4}), random({3, 4}), Tensor::from({}, {-infinity})}, {.is_exact = true});
}

TEST_CASE("where: says which operands do not fit")
{
    const Tensor condition = random_booleans({2, 3});
    const Tensor floats = random({2, 3});
    CHECK(refusal(Where{}, {floats, floats, floats}) == "the condition must be bool, got f32");
    CHECK(refusal(Where{}, {condition, floats, random_integers({2, 3}, 0, 1)}) ==
          "operands must be both floats, both integers or both bool, got f32 and i64");
    CHECK(refusal(Where{}, {random_booleans({4}), floats, floats}) ==
          "operands 4 and 2x3 do not broadcast: extents 4 and 3 are neither equal nor 1");
    CHECK(refusal(Where{}, {condition, floats}) == "a condition and two operands are needed, got 2 inputs");
}

} // namespace vkseg::test::where_test
