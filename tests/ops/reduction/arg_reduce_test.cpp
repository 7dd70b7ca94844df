#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::arg_reduce_test {
namespace {

constexpr Check exact = {.is_exact = true};

/// Few distinct values, so that there are ties.
Tensor with_ties(Shape shape)
{
    const Tensor integers = random_integers(shape, -3, 3);
    return Tensor::from(shape, integers.to_floats());
}

} // namespace

TEST_CASE("arg_reduce: over channels")
{
    for (const Shape& shape : {Shape{1, 1, 3, 5}, Shape{2, 3, 7, 1}, Shape{1, 4, 2, 3}, Shape{2, 21, 5, 7},
                               Shape{1, 17, 3, 2, 5}, Shape{2, 5, 11}, Shape{3, 13}})
    {
        for (const bool keep_dims : {false, true})
        {
            check_op(ArgReduce{.axis = 1, .keep_dims = keep_dims}, {with_ties(shape)}, exact);
            check_op(ArgReduce{.is_min = true, .axis = 1, .keep_dims = keep_dims, .select_last = true},
                     {with_ties(shape)}, exact);
        }
    }
}

TEST_CASE("arg_reduce: over any other axis")
{
    for (const bool select_last : {false, true})
    {
        for (const bool is_min : {false, true})
        {
            const ArgReduce op = {.is_min = is_min, .select_last = select_last};
            ArgReduce last = op;
            last.axis = -1;
            ArgReduce third = op;
            third.axis = 2;
            third.keep_dims = false;
            check_op(op, {with_ties({13})}, exact);
            check_op(op, {with_ties({3, 5, 2, 2, 1, 3})}, exact);
            check_op(last, {with_ties({2, 3, 5, 8})}, exact);
            check_op(third, {with_ties({2, 3, 5, 7})}, exact);
            check_op(third, {with_ties({1, 2, 5, 12})}, exact);
        }
    }
}

TEST_CASE("arg_reduce: over long axes")
{
    for (const bool select_last : {false, true})
    {
        check_op(ArgReduce{.axis = 1, .select_last = select_last}, {with_ties({3, 1001})}, exact);
        check_op(ArgReduce{.axis = 0, .select_last = select_last}, {random({517, 8}, -100, 100)}, exact);
        check_op(ArgReduce{.axis = 1, .select_last = select_last}, {with_ties({1, 150, 3, 5})}, exact);
    }
}

TEST_CASE("arg_reduce: of integers and of extreme values")
{
    check_op(ArgReduce{.axis = 1}, {random_integers({2, 5, 7}, -100000, 100000)}, exact);
    check_op(ArgReduce{.is_min = true, .axis = 2}, {random_integers({2, 5, 7}, -100000, 100000)}, exact);
    check_op(ArgReduce{.axis = 1}, {random({2, 3, 4, 5}, -60000, -50000)}, exact);
    check_op(ArgReduce{.is_min = true, .axis = 1}, {random({2, 3, 4, 5}, 50000, 60000)}, exact);
}

TEST_CASE("arg_reduce: refuses what it cannot compute")
{
    CHECK(refusal(ArgReduce{.axis = 4}, {random({1, 2, 3, 4})}) != "");
    CHECK(refusal(ArgReduce{}, {random({})}) != "");
    CHECK(refusal(ArgReduce{.axis = 1}, {random_booleans({1, 2})}) != "");
    CHECK(refusal(ArgReduce{.axis = 1}, {random({1, 0, 3})}) != "");
    CHECK(refusal(ArgReduce{}, {}) != "");
}

TEST_CASE("arg_reduce: of what is resized on the way")
{
    // Weights of quarters and small integers, so that values and ties are exact.
    const Resize doubled = {.mode = ResizeMode::linear, .scales = {1, 1, 2, 2}};
    const Resize aligned = {
        .mode = ResizeMode::linear, .coordinates = CoordinateTransformation::align_corners, .sizes = {1, 0, 9, 13}};
    for (const Shape& shape :
         {Shape{1, 1, 3, 5}, Shape{2, 3, 7, 1}, Shape{1, 4, 2, 3}, Shape{2, 21, 5, 7}, Shape{1, 67, 9, 8}})
    {
        for (const bool is_min : {false, true})
        {
            ArgReduce op = {.is_min = is_min, .axis = 1, .select_last = is_min, .resize = doubled};
            check_op(op, {with_ties(shape)}, exact);
            op.resize = Resize{.scales = {1, 1, 3, 1.5f}};
            check_op(op, {with_ties(shape)}, exact);
        }
    }
    for (const int64_t channels : {2, 9})
    {
        Resize resize = aligned;
        resize.sizes[1] = channels;
        check_op(ArgReduce{.axis = 1, .resize = resize}, {with_ties({1, channels, 5, 7})}, exact);
    }
    const auto refuse = [](const ArgReduce& op, const Shape& shape) { return refusal(op, {random(shape)}); };
    CHECK(refuse({.axis = 1, .resize = Resize{.mode = ResizeMode::cubic, .scales = {1, 1, 2, 2}}}, {1, 3, 4, 4})
              .find("a resize before it needs") != std::string::npos);
    CHECK(refuse({.axis = 2, .resize = doubled}, {1, 3, 4, 4}).find("a resize before it needs") != std::string::npos);
    CHECK(refuse({.axis = 1, .keep_dims = false, .resize = doubled}, {1, 3, 4, 4}).find("a resize before it needs") !=
          std::string::npos);
}

} // namespace vkseg::test::arg_reduce_test
