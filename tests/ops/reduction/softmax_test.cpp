#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::softmax_test {
namespace {

constexpr Check summed = {.terms = 32, .function_error = 64};

} // namespace

TEST_CASE("softmax: over channels")
{
    for (const Shape& shape : {Shape{1, 1, 3, 5}, Shape{2, 3, 7, 1}, Shape{1, 4, 2, 3}, Shape{2, 21, 5, 7},
                               Shape{1, 17, 3, 2, 5}, Shape{2, 5, 11}, Shape{3, 13}})
    {
        for (const bool is_log : {false, true})
            check_op(Softmax{.axis = 1, .is_log = is_log}, {random(shape, -8, 8)}, summed);
    }
}

TEST_CASE("softmax: over any other axis")
{
    check_op(Softmax{.axis = 0}, {random({1}, -8, 8)}, summed);
    check_op(Softmax{.axis = 0}, {random({13}, -8, 8)}, summed);
    check_op(Softmax{.axis = -1, .is_log = true}, {random({3, 5, 7}, -8, 8)}, summed);
    check_op(Softmax{.axis = -1}, {random({2, 3, 5, 8}, -8, 8)}, summed);
    check_op(Softmax{.axis = 2}, {random({2, 3, 5, 7}, -8, 8)}, summed);
    check_op(Softmax{.axis = -2}, {random({2, 3, 5, 12}, -8, 8)}, summed);
    check_op(Softmax{.axis = 0}, {random({5, 3, 2, 2, 1, 3}, -8, 8)}, summed);
    check_op(Softmax{.axis = 1}, {random({2, 3, 1, 2, 2, 4}, -8, 8)}, summed);
}

TEST_CASE("softmax: over long rows")
{
    check_op(Softmax{.axis = -1}, {random({1, 2, 3, 197}, -8, 8)}, summed);
    check_op(Softmax{.axis = -1, .is_log = true}, {random({2, 1000}, -8, 8)}, summed);
    check_op(Softmax{.axis = 2}, {random({1, 1, 700, 4}, -8, 8)}, summed);
}

TEST_CASE("softmax: the old form takes all axes behind together")
{
    check_op(Softmax{.axis = 1, .flattens = true}, {random({2, 3, 5, 7}, -8, 8)}, summed);
    check_op(Softmax{.axis = 1, .flattens = true}, {random({2, 21, 1, 1}, -8, 8)}, summed);
    check_op(Softmax{.axis = -2, .is_log = true, .flattens = true}, {random({2, 3, 5, 4}, -8, 8)}, summed);
    check_op(Softmax{.axis = 0, .flattens = true}, {random({3, 5}, -8, 8)}, summed);
}

TEST_CASE("softmax: large logits neither overflow nor lose their differences")
{
    const std::vector<float> large = {10000, 10001, 10002, 10003, -10000, 0, 10000, -9999};
    for (const bool is_log : {false, true})
    {
        check_op(Softmax{.axis = 1, .is_log = is_log}, {Tensor::from({2, 4}, large)}, summed);
        check_op(Softmax{.axis = 0, .is_log = is_log}, {Tensor::from({8}, large)}, summed);
    }
}

TEST_CASE("softmax: values of minus infinity get no share")
{
    constexpr float masked = -std::numeric_limits<float>::infinity();
    const Tensor x = Tensor::from({1, 6}, {masked, 1, 2, masked, -1, masked});
    check_op(Softmax{.axis = 1}, {x}, summed);
    check_op(Softmax{.axis = 0}, {x.reshaped({6})}, summed);
}

TEST_CASE("softmax: refuses what it cannot compute")
{
    CHECK(refusal(Softmax{.axis = 4}, {random({1, 2, 3, 4})}) != "");
    CHECK(refusal(Softmax{.axis = -5}, {random({1, 2, 3, 4})}) != "");
    CHECK(refusal(Softmax{.axis = 1}, {random_integers({1, 2}, 0, 5)}) != "");
    CHECK(refusal(Softmax{}, {}) != "");
}

} // namespace vkseg::test::softmax_test
