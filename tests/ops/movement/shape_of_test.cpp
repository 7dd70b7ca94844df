#include "reference/evaluate.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::shape_of_test {
namespace {

std::vector<int64_t> shape_of(const ShapeOf& op, const Tensor& x)
{
    const Tensor* inputs[] = {&x};
    const Result<reference::Tensors> outputs = reference::evaluate(op, inputs);
    REQUIRE(outputs.is_ok());
    return (*outputs)[0].to_integers();
}

} // namespace

TEST_CASE("shape_of: gives all extents, or those from start to end, counted from behind if negative")
{
    const Tensor x = random({2, 3, 5, 7});
    CHECK(shape_of({}, x) == std::vector<int64_t>{2, 3, 5, 7});
    CHECK(shape_of({.start = 1, .end = 3}, x) == std::vector<int64_t>{3, 5});
    CHECK(shape_of({.start = -2}, x) == std::vector<int64_t>{5, 7});
    CHECK(shape_of({.start = -9, .end = -1}, x) == std::vector<int64_t>{2, 3, 5});
    CHECK(shape_of({.start = 3, .end = 1}, x).empty());
    CHECK(shape_of({}, random({})).empty());
}

TEST_CASE("shape_of: counts the elements when that is asked for")
{
    CHECK(shape_of({.is_size = true}, random({2, 3, 5})) == std::vector<int64_t>{30});
    CHECK(shape_of({.is_size = true}, random({})) == std::vector<int64_t>{1});
}

} // namespace vkseg::test::shape_of_test
