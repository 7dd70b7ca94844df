#include "support/check_op.hpp"

#include <doctest/doctest.h>

using namespace vkseg;
using namespace vkseg::test;

namespace {

/// Of probabilities 1e-4, and a unit in the last place of halves.
constexpr Check near_enough = {.terms = 40000, .function_error = 500};

/// A picture whose left part is dark and whose right part is bright, with noise.
Tensor two_sided_picture(int64_t height, int64_t width)
{
    std::vector<float> values = random({1, 3, height, width}, -20, 20).to_floats();
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = float(int(values[i] + (int64_t(i) % width < width / 2 ? 40 : 180)));
    return Tensor::from({1, 3, height, width}, std::move(values));
}

std::vector<Tensor> inputs_of(int64_t labels, int64_t height, int64_t width)
{
    return {random({1, labels, height, width}, -2, 2), two_sided_picture(height, width)};
}

} // namespace

TEST_CASE("dense_crf: agrees with sums over all pairs of pixels")
{
    for (const int64_t labels : {1, 2, 3, 5, 21})
    {
        for (const Shape& size : {Shape{1, 1}, Shape{1, 7}, Shape{5, 3}, Shape{17, 33}})
        {
            for (const CrfNormalization normalization : {CrfNormalization::symmetric, CrfNormalization::after})
                check_op(DenseCrf{.iterations = 3, .normalization = normalization, .filter = CrfFilter::exact},
                         inputs_of(labels, size[0], size[1]), near_enough);
        }
    }
}

TEST_CASE("dense_crf: agrees with the lattice")
{
    for (const int64_t labels : {1, 2, 3, 5, 21})
    {
        for (const Shape& size : {Shape{1, 1}, Shape{1, 7}, Shape{5, 3}, Shape{17, 33}})
        {
            for (const CrfNormalization normalization : {CrfNormalization::symmetric, CrfNormalization::after})
                check_op(DenseCrf{.iterations = 3, .normalization = normalization, .filter = CrfFilter::lattice},
                         inputs_of(labels, size[0], size[1]), near_enough);
        }
    }
}
