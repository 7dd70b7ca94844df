#include "reference/evaluate.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::range_test {
namespace {

Tensor integer(int64_t value)
{
    return Tensor::from_integers({}, {value});
}

Tensor real(float value)
{
    return Tensor::from({}, {value});
}

Tensor range(const Tensor& start, const Tensor& limit, const Tensor& delta)
{
    const Tensor* inputs[] = {&start, &limit, &delta};
    const Result<reference::Tensors> outputs = reference::evaluate(Range{}, inputs);
    REQUIRE(outputs.is_ok());
    return (*outputs)[0];
}

} // namespace

TEST_CASE("range: counts integers up and down, and leaves the limit out")
{
    CHECK(range(integer(2), integer(9), integer(3)).to_integers() == std::vector<int64_t>{2, 5, 8});
    CHECK(range(integer(2), integer(8), integer(3)).to_integers() == std::vector<int64_t>{2, 5});
    CHECK(range(integer(10), integer(4), integer(-2)).to_integers() == std::vector<int64_t>{10, 8, 6});
    CHECK(range(integer(3), integer(3), integer(1)).elements() == 0);
    CHECK(range(integer(4), integer(3), integer(1)).elements() == 0);
}

TEST_CASE("range: counts floats")
{
    CHECK(range(real(1), real(2), real(0.25f)).to_floats() == std::vector<float>{1, 1.25f, 1.5f, 1.75f});
    CHECK(range(real(0), real(-1), real(-0.5f)).to_floats() == std::vector<float>{0, -0.5f});
}

TEST_CASE("range: refuses steps of 0, mixed types, more than one value, and more values than can be counted")
{
    CHECK(refusal(Range{}, {integer(0), integer(5), integer(0)}) == "delta must not be 0");
    CHECK(refusal(Range{}, {real(0), real(5), real(0)}) == "delta must not be 0");
    CHECK(refusal(Range{}, {integer(0), real(5), integer(1)}) != "");
    CHECK(refusal(Range{}, {ints({0, 1}), integer(5), integer(1)}) != "");
    constexpr int64_t least = std::numeric_limits<int64_t>::min();
    constexpr int64_t largest = std::numeric_limits<int64_t>::max();
    CHECK(refusal(Range{}, {integer(least), integer(largest), integer(1)}) ==
          "a range must have fewer than 2^31 values");
}

} // namespace vkseg::test::range_test
