#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::batch_normalization_test {
namespace {

std::vector<Tensor> inputs_of(const Tensor& x, float mean, float variance)
{
    const Shape channels = {x.shape()[1]};
    return {x, random(channels, 0.5f, 2, 2), random(channels, -1, 1, 3), random(channels, mean - 0.5f, mean + 0.5f, 4),
            random(channels, variance / 2, variance, 5)};
}

} // namespace

TEST_CASE("batch_normalization: agrees with the reference in every rank")
{
    for (const Shape& shape :
         {Shape{1, 1, 1, 1}, Shape{2, 5}, Shape{2, 17, 9}, Shape{2, 21, 7, 5}, Shape{1, 3, 2, 3, 5}})
        check_op(BatchNormalization{}, inputs_of(random(shape), 0, 1));
}

TEST_CASE("batch_normalization: channels far from zero keep their digits")
{
    check_op(BatchNormalization{}, inputs_of(random({1, 5, 6, 7}, 1000, 1001), 1000.5f, 0.1f));
}

TEST_CASE("batch_normalization: a tiny epsilon counts")
{
    for (const float epsilon : {1e-5f, 1e-12f})
    {
        const Shape channels = {4};
        check_op(BatchNormalization{.epsilon = epsilon},
                 {random({1, 4, 3, 3}, -1e-4f, 1e-4f), random(channels), random(channels),
                  random(channels, -1e-5f, 1e-5f), Tensor::from(channels, {0, 0, 1e-12f, 1e-5f})});
    }
}

TEST_CASE("batch_normalization: refuses parameters that do not fit")
{
    std::vector<Tensor> inputs = inputs_of(random({1, 3, 4, 4}), 0, 1);
    CHECK(refusal(BatchNormalization{.epsilon = -1}, inputs).find("epsilon") != std::string::npos);
    inputs[2] = random({4});
    CHECK(refusal(BatchNormalization{}, inputs).find("parameter 2 must have one value for each of the 3 channels") !=
          std::string::npos);
    inputs.pop_back();
    CHECK(refusal(BatchNormalization{}, inputs).find("input 4 is missing") != std::string::npos);
}

} // namespace vkseg::test::batch_normalization_test
