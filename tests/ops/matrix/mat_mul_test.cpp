#include "support/check_op.hpp"

#include "ops/operators.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::mat_mul_test {
namespace {

void check_product(const Shape& a, const Shape& b)
{
    check_op(MatMul{}, {random(a, -1, 1, 1), random(b, -1, 1, 2)}, {.terms = double(a.back())});
}

} // namespace

TEST_CASE("mat_mul: matrices whose rows are and are not whole elements of four values")
{
    for (const int64_t rows : {1, 3, 4, 5})
    {
        check_product({rows, 8}, {8, 12});
        check_product({rows, 8}, {8, 5});
        check_product({rows, 7}, {7, 8});
        check_product({rows, 5}, {5, 3});
    }
    check_product({1, 1}, {1, 1});
    check_product({17, 4}, {4, 4});
    check_product({13, 1}, {1, 21});
}

TEST_CASE("mat_mul: stacks of matrices broadcast")
{
    check_product({2, 5, 8}, {2, 8, 4});
    check_product({3, 5, 7}, {3, 7, 3});
    check_product({2, 3, 5, 4}, {4, 8});
    check_product({5, 4}, {2, 3, 4, 8});
    check_product({2, 1, 5, 4}, {1, 3, 4, 8});
    check_product({3, 1, 2, 1, 3, 4}, {2, 1, 5, 4, 3});
    check_product({1, 5, 6}, {2, 2, 6, 8});
}

TEST_CASE("mat_mul: vectors are a row on the left and a column on the right")
{
    check_product({7}, {7});
    check_product({8}, {8, 5});
    check_product({5, 8}, {8});
    check_product({7}, {2, 7, 4});
    check_product({2, 3, 7}, {7});
    check_product({1}, {1});
}

TEST_CASE("mat_mul: long sums and large matrices")
{
    check_product({3, 2000}, {2000, 8});
    check_product({2, 67, 64}, {2, 64, 67});
    check_product({197, 33}, {33, 40});
}

TEST_CASE("mat_mul: refuses what it cannot compute")
{
    CHECK(refusal(MatMul{}, {random({2, 3}), random({2, 3})}) != "");
    CHECK(refusal(MatMul{}, {random({3}), random({2})}) != "");
    CHECK(refusal(MatMul{}, {random({}), random({2, 3})}) != "");
    CHECK(refusal(MatMul{}, {random({2, 2, 3}), random({3, 3, 2})}) != "");
    CHECK(refusal(MatMul{}, {random_integers({2, 3}, 0, 1), random({3, 2})}) != "");
    CHECK(refusal(MatMul{}, {random({2, 3})}) != "");
}

TEST_CASE("mat_mul: counts its multiplications")
{
    const TensorInfo inputs[] = {{.shape = {2, 1, 5, 4}}, {.shape = {3, 4, 8}}};
    CHECK(multiply_adds(Op(MatMul{}), inputs, {}) == 2 * 3 * 5 * 4 * 8);
    CHECK(multiply_adds(Op(Gemm{.transpose_b = true}), inputs, {}) == 0);
    const TensorInfo matrices[] = {{.shape = {5, 4}}, {.shape = {8, 4}}};
    CHECK(multiply_adds(Op(Gemm{.transpose_b = true}), matrices, {}) == 5 * 4 * 8);
}

TEST_CASE("mat_mul: integers are multiplied exactly, in parts if sums might round")
{
    const Tensor a = Tensor::from({3, 64}, random_integers({3, 64}, -255, 255, 1).to_floats());
    const Tensor b = Tensor::from({64, 5}, random_integers({64, 5}, -255, 255, 2).to_floats());
    check_op(MatMul{.max_exact_depth = 64}, {a, b}, {.is_exact = true});
    check_op(MatMul{.max_exact_depth = 30}, {a, b}, {.is_exact = true});
    check_op(MatMul{.max_exact_depth = 3}, {a.reshaped({3, 8, 8}), Tensor::from({8}, {-3, 1, 0, 7, 255, 2, -9, 4})},
             {.is_exact = true});
}

} // namespace vkseg::test::mat_mul_test
