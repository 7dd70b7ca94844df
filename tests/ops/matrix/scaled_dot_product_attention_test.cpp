#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::scaled_dot_product_attention_test {

/// In f16, scores and their softmax are rounded, too.
void check_attention(const ScaledDotProductAttention& op, const std::vector<Tensor>& inputs, double terms)
{
    check_op(op, inputs, {.terms = terms, .half_error = 1});
}

TEST_CASE("attention: queries, keys and values of any number, with and without terms")
{
    check_attention(ScaledDotProductAttention{}, {random({3, 8}), random({5, 8}), random({5, 4})}, 16);
    check_attention(ScaledDotProductAttention{.scale = 0.25f},
                    {random({2, 3, 49, 16}), random({2, 3, 49, 16}), random({2, 3, 49, 16})}, 64);
    check_attention(ScaledDotProductAttention{.scale = 0.5f, .is_k_transposed = true},
                    {random({2, 9, 12}), random({2, 12, 70}), random({2, 70, 20}), random({9, 70})}, 96);
    check_attention(ScaledDotProductAttention{.scale = 0.3f},
                    {random({2, 3, 2, 7, 8}), random({2, 3, 2, 7, 8}), random({2, 3, 2, 7, 8}), random({1, 2, 7, 7}),
                     random({3, 1, 7, 7}, -2, 2, 2)},
                    32);
    check_attention(ScaledDotProductAttention{},
                    {random({2, 4, 8}), random({2, 6, 8}), random({2, 6, 8}), missing(), random({2, 1, 6}, -2, 2, 2)},
                    32);
}

TEST_CASE("attention: scores are computed in chunks of entries and of rows")
{
    // 8 MiB hold 1,398 rows of 1,500 scores in f32, and 12 entries of 300 x 600.
    check_attention(ScaledDotProductAttention{.scale = 0.5f},
                    {random({1, 1500, 4}), random({1, 1500, 4}), random({1, 1500, 4})}, 512);
    check_attention(ScaledDotProductAttention{.scale = 0.5f},
                    {random({13, 300, 4}), random({13, 600, 4}), random({13, 600, 8}), random({13, 1, 600})}, 256);
}

TEST_CASE("attention: refuses shapes that do not fit")
{
    const Tensor q = random({2, 4, 8});
    CHECK(refusal(ScaledDotProductAttention{}, {q, random({2, 6, 4}), random({2, 6, 8})}) ==
          "keys must have the length of queries, and there must be a value for each key, got q 2x4x8, k 2x6x4 and v "
          "2x6x8");
    CHECK(refusal(ScaledDotProductAttention{}, {q, random({1, 6, 8}), random({2, 6, 8})}) ==
          "q, k and v must have the same batch axes, got q 2x4x8, k 1x6x8 and v 2x6x8");
    CHECK(refusal(ScaledDotProductAttention{}, {q, random({2, 6, 8}), random({2, 6, 8}), random({2, 4, 5})}) ==
          "terms must broadcast to the scores 2x4x6, got 2x4x5");
    CHECK(refusal(ScaledDotProductAttention{}, {random({4, 6}), random({3, 6}), random({3, 8})}) ==
          "queries and values must have multiples of 4 values, got 6 and 8");
}

} // namespace vkseg::test::scaled_dot_product_attention_test
