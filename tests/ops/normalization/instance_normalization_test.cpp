#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::instance_normalization_test {
namespace {

std::vector<Tensor> inputs_of(const Tensor& x)
{
    const Shape channels = {x.shape()[1]};
    return {x, random(channels, 0.5f, 2, 2), random(channels, -1, 1, 3)};
}

} // namespace

TEST_CASE("instance_normalization: agrees with the reference in every rank")
{
    for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{2, 5, 1, 3}, Shape{2, 17, 9}, Shape{2, 21, 7, 5},
                               Shape{1, 3, 2, 3, 5}, Shape{1, 4, 70, 1}})
        check_op(InstanceNormalization{}, inputs_of(random(shape)), {.terms = 64});
}

TEST_CASE("instance_normalization: planes of several slices are one")
{
    check_op(InstanceNormalization{}, inputs_of(random({2, 5, 61, 97})), {.terms = 5917});
    check_op(InstanceNormalization{}, inputs_of(random({1, 3, 513, 300})), {.terms = 100000});
}

TEST_CASE("instance_normalization: a mean far from zero leaves the variance right")
{
    check_op(InstanceNormalization{}, inputs_of(random({1, 5, 40, 60}, 2000, 2002)), {.terms = 4096});
}

TEST_CASE("instance_normalization: sums may leave f16's range")
{
    check_op(InstanceNormalization{}, inputs_of(random({1, 4, 64, 64}, -30000, 60000)), {.terms = 4096});
}

TEST_CASE("instance_normalization: a constant plane is the bias, whatever epsilon is")
{
    for (const float epsilon : {1e-5f, 1e-12f})
        check_op(InstanceNormalization{.epsilon = epsilon},
                 inputs_of(Tensor::from({1, 3, 5, 5}, std::vector<float>(75, 0.1f))), {.terms = 25});
}

TEST_CASE("instance_normalization: refuses parameters that do not fit")
{
    std::vector<Tensor> inputs = inputs_of(random({1, 3, 4, 4}));
    CHECK(refusal(InstanceNormalization{.epsilon = -1}, inputs).find("epsilon") != std::string::npos);
    inputs[1] = random({1, 3});
    CHECK(refusal(InstanceNormalization{}, inputs).find("parameter 1 must have one value") != std::string::npos);
    CHECK(refusal(InstanceNormalization{}, {inputs_of(random({2, 3}))}).find("3 to 5 axes") != std::string::npos);
}

} // namespace vkseg::test::instance_normalization_test
