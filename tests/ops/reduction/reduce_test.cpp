#include "support/check_op.hpp"

#include "reference/evaluate.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::reduce_test {
namespace {

constexpr ReduceKind all_kinds[] = {ReduceKind::mean,    ReduceKind::sum,        ReduceKind::max, ReduceKind::min,
                                    ReduceKind::prod,    ReduceKind::sum_square, ReduceKind::l1,  ReduceKind::l2,
                                    ReduceKind::log_sum, ReduceKind::log_sum_exp};

/// Values for which every kind is defined and a product stays in range.
Tensor positive(Shape shape)
{
    return random(shape, 0.75f, 1.3f);
}

constexpr Check summed = {.terms = 64, .function_error = 64};

int64_t folded(const Reduce& op, const Tensor& x)
{
    const Tensor* inputs[] = {&x};
    const Result<reference::Tensors> result = reference::evaluate(Op(op), inputs);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    REQUIRE(result->front().type() == DType::i64);
    return result->front().integers().front();
}

} // namespace

TEST_CASE("reduce: all kinds over spatial axes, channels, and other axes")
{
    bool is_even = false;
    for (const ReduceKind kind : all_kinds)
    {
        is_even = !is_even;
        check_op(Reduce{.kind = kind, .all_spatial = true},
                 {positive(is_even ? Shape{2, 5, 3, 7} : Shape{2, 17, 2, 3, 2})}, summed);
        check_op(Reduce{.kind = kind, .axes = {1}}, {positive({2, 5, 3, 2})}, summed);
        if (is_even)
            check_op(Reduce{.kind = kind, .axes = {0, 2}, .keep_dims = false}, {positive({3, 5, 2, 3})}, summed);
        else
            check_op(Reduce{.kind = kind, .axes = {-1}, .keep_dims = false}, {positive({3, 5, 8})}, summed);
    }
}

TEST_CASE("reduce: some spatial axes of images and volumes")
{
    for (const Integers& axes : {Integers{2}, Integers{3}, Integers{-1, -2}})
        check_op(Reduce{.kind = ReduceKind::sum, .axes = axes}, {random({2, 21, 5, 7})}, summed);
    for (const Integers& axes :
         {Integers{2}, Integers{3}, Integers{4}, Integers{4, 2}, Integers{2, 3}, Integers{2, 3, 4}})
        check_op(Reduce{.kind = ReduceKind::log_sum_exp, .axes = axes}, {random({1, 6, 3, 4, 5})}, summed);
    check_op(Reduce{.kind = ReduceKind::max, .axes = {2}}, {random({2, 3, 11}, -5, -1)}, summed);
    check_op(Reduce{.kind = ReduceKind::min, .all_spatial = true}, {random({2, 3, 1}, 1, 5)}, summed);
    check_op(Reduce{.kind = ReduceKind::prod, .axes = {1}}, {random({3, 7}, 1, 2)}, summed);
}

TEST_CASE("reduce: any set of axes in row-major order")
{
    for (const Integers& axes :
         {Integers{0, 2, 4}, Integers{1, 3, 5}, Integers{5}, Integers{0}, Integers{1, 2}, Integers{}})
    {
        for (const bool keep_dims : {false, true})
            check_op(Reduce{.kind = ReduceKind::sum, .axes = axes, .keep_dims = keep_dims},
                     {random({2, 3, 2, 5, 3, 4})}, summed);
    }
    check_op(Reduce{.axes = {0, 2}}, {random({5, 1, 3, 4})}, summed);
    check_op(Reduce{.axes = {0, 1}}, {random({2, 3, 5})}, summed);
    check_op(Reduce{.keep_dims = false}, {random({1})}, summed);
    check_op(Reduce{.kind = ReduceKind::l2}, {random({})}, summed);
}

TEST_CASE("reduce: long reductions, by workgroups and in segments")
{
    const Check many = {.terms = 4096, .function_error = 64};
    for (const ReduceKind kind : {ReduceKind::mean, ReduceKind::max, ReduceKind::log_sum_exp})
    {
        check_op(Reduce{.kind = kind, .all_spatial = true}, {random({1, 5, 13, 17})}, many);
        check_op(Reduce{.kind = kind, .all_spatial = true}, {random({2, 3, 97, 61})}, many);
        check_op(Reduce{.kind = kind, .axes = {0, 1, 2}}, {random({31, 9, 29})}, many);
        check_op(Reduce{.kind = kind, .axes = {-1}, .keep_dims = false}, {random({3, 4096})}, many);
        check_op(Reduce{.kind = kind, .axes = {1}}, {random({1, 1031, 2, 2})}, many);
        check_op(Reduce{.kind = kind, .axes = {0}}, {random({1500, 12})}, many);
        check_op(Reduce{.kind = kind, .axes = {2}}, {random({1, 4, 300, 5})}, many);
    }
}

TEST_CASE("reduce: sums of halves do not overflow on the way")
{
    const Tensor large = random({1, 5, 40, 50}, 30000, 60000);
    check_op(Reduce{.kind = ReduceKind::mean, .all_spatial = true}, {large}, {.terms = 2000});
    check_op(Reduce{.kind = ReduceKind::mean, .axes = {3}, .keep_dims = false}, {large}, {.terms = 2000});
    check_op(Reduce{.kind = ReduceKind::l2, .all_spatial = true}, {random({1, 2, 30, 3}, 300, 600)}, {.terms = 100});
    check_op(Reduce{.kind = ReduceKind::log_sum, .all_spatial = true}, {large}, {.terms = 2000});
    check_op(Reduce{.kind = ReduceKind::log_sum_exp, .axes = {1}}, {random({1, 5, 3, 3}, 1000, 2000)}, summed);
}

TEST_CASE("reduce: of integers")
{
    const Check exact = {.is_exact = true};
    for (const ReduceKind kind : {ReduceKind::mean, ReduceKind::sum, ReduceKind::max, ReduceKind::min, ReduceKind::prod,
                                  ReduceKind::sum_square, ReduceKind::l1})
    {
        check_op(Reduce{.kind = kind, .axes = {1}}, {random_integers({2, 5, 3}, -40, 40)}, exact);
        check_op(Reduce{.kind = kind, .axes = {0}, .keep_dims = false}, {random_integers({3, 7}, -40, 40)}, exact);
    }
    check_op(Reduce{.kind = ReduceKind::sum}, {random_integers({3, 5000}, -40, 40)}, exact);
}

TEST_CASE("reduce: narrow integers wrap")
{
    std::vector<std::byte> bytes(2 * 5 * 3 * 40);
    for (size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = std::byte(i * 37);
    for (const DType type : {DType::u8, DType::i8})
    {
        const Tensor x = Tensor::from_bytes(type, {2, 5, 3, 40}, bytes);
        for (const ReduceKind kind : {ReduceKind::sum, ReduceKind::prod, ReduceKind::sum_square, ReduceKind::l1,
                                      ReduceKind::mean, ReduceKind::max})
        {
            check_op(Reduce{.kind = kind, .axes = {1}}, {x}, {.is_exact = true});
            check_op(Reduce{.kind = kind, .axes = {0, 3}, .keep_dims = false}, {x}, {.is_exact = true});
            check_op(Reduce{.kind = kind, .all_spatial = true}, {x}, {.is_exact = true});
        }
    }
    const Tensor ones = Tensor::from_bytes(DType::u8, {300}, std::vector<std::byte>(300, std::byte(1)));
    CHECK(folded({.kind = ReduceKind::sum}, ones) == 300 - 256);
}

TEST_CASE("reduce: axes may be an input, and none may mean none")
{
    check_op(Reduce{.kind = ReduceKind::sum}, {random({2, 3, 4, 5}), ints({-1, 1})}, summed);
    check_op(Reduce{.kind = ReduceKind::sum, .keep_dims = false}, {random({2, 3, 4}), ints({})}, summed);
    const Reduce copies = {.kind = ReduceKind::sum_square, .noop_with_empty_axes = true};
    check_op(copies, {random({2, 3, 4, 5})}, {.is_exact = true});
    check_op(copies, {random({3, 5}), ints({})}, {.is_exact = true});
}

TEST_CASE("reduce: folds integers exactly, also of empty lists")
{
    const Reduce product = {.kind = ReduceKind::prod, .keep_dims = false};
    CHECK(folded(product, ints({1 << 20, 1 << 20, 1 << 20})) == int64_t(1) << 60);
    CHECK(folded(product, ints({})) == 1);
    CHECK(folded({.kind = ReduceKind::sum}, ints({})) == 0);
    CHECK(folded({.kind = ReduceKind::mean}, ints({-3, -4})) == -3);
    CHECK(folded({.kind = ReduceKind::max}, ints({-3, -4})) == -3);
}

TEST_CASE("reduce: refuses what it cannot compute")
{
    const Tensor x = random({1, 2, 3, 4});
    CHECK(refusal(Reduce{.axes = {4}}, {x}) != "");
    CHECK(refusal(Reduce{.axes = {1, -3}}, {x}) != "");
    CHECK(refusal(Reduce{}, {x, ints({7})}) != "");
    CHECK(refusal(Reduce{.all_spatial = true}, {random({2, 3})}) != "");
    CHECK(refusal(Reduce{.kind = ReduceKind::l2}, {random_integers({2, 3}, 0, 5)}) != "");
    CHECK(refusal(Reduce{.kind = ReduceKind::max}, {random_booleans({2, 3})}) != "");
    CHECK(refusal(Reduce{}, {}) != "");
}

} // namespace vkseg::test::reduce_test
