#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::bed_of_nails_test {

TEST_CASE("bed_of_nails: writes values at the top left of their cells")
{
    check_op(BedOfNails{.strides = {2, 2}}, {random({1, 1, 1, 1})}, {.is_exact = true});
    check_op(BedOfNails{.strides = {1, 1}}, {random({1, 3, 5, 4})}, {.is_exact = true});
    check_op(BedOfNails{.strides = {2, 3}}, {random({2, 17, 5, 7})}, {.is_exact = true});
    check_op(BedOfNails{.strides = {4}}, {random({2, 5, 9})}, {.is_exact = true});
    check_op(BedOfNails{.strides = {2, 1, 3}}, {random({1, 5, 3, 4, 5})}, {.is_exact = true});
}

TEST_CASE("bed_of_nails: refuses strides that do not fit")
{
    const Tensor x = random({1, 3, 4, 4});
    CHECK(refusal(BedOfNails{.strides = {2}}, {x}).find("one entry for each spatial axis") != std::string::npos);
    CHECK(refusal(BedOfNails{.strides = {2, 0}}, {x}).find("strides must be at least 1") != std::string::npos);
    CHECK(refusal(BedOfNails{.strides = {int64_t(1) << 40, 1}}, {x}).find("2^30") != std::string::npos);
    CHECK(refusal(BedOfNails{.strides = {60000, 60000}}, {x}).find("2^31") != std::string::npos);
}

} // namespace vkseg::test::bed_of_nails_test
