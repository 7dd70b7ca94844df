#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::col2im_test {

TEST_CASE("col2im: sums overlapping blocks over one to three axes")
{
    check_op(Col2im{.image = {7}, .window = {.kernel = {3}}}, {random({2, 6, 5})}, {.terms = 3});
    check_op(Col2im{.image = {5, 5}, .window = {.kernel = {1, 5}}}, {random({1, 5, 5})}, {.terms = 5});
    check_op(Col2im{.image = {6, 5},
                    .window = {.kernel = {2, 3}, .strides = {2, 1}, .dilations = {1, 2}, .pads = {1, 2, 1, 1}}},
             {random({2, 18, 16})}, {.terms = 6});
    check_op(Col2im{.image = {4, 5, 6}, .window = {.kernel = {2, 2, 3}, .strides = {1, 2, 3}}}, {random({1, 24, 12})},
             {.terms = 12});
}

TEST_CASE("col2im: refuses what does not fit and says why")
{
    CHECK(refusal(Col2im{.image = {5, 5}, .window = {.kernel = {1, 5}}}, {random({1, 5, 4})}) ==
          "x must have 5 columns, one for each block, got 4");
    CHECK(refusal(Col2im{.image = {5, 5}, .window = {.kernel = {2, 2}}}, {random({1, 5, 4})}).find("multiple of") !=
          std::string::npos);
    CHECK(refusal(Col2im{.image = {5, 5}, .window = {.kernel = {2}}}, {random({1, 4, 4})}) ==
          "the image and the blocks must have 1 to 3 axes, got 2 and 1");
    CHECK(refusal(Col2im{.image = {5, 5}, .window = {.kernel = {1, 5}}}, {random({5, 5})}) ==
          "x must be floats of shape NxCxL, got f32 5x5");
}

} // namespace vkseg::test::col2im_test
