#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::lrn_test {

TEST_CASE("lrn: normalises by the channels around each")
{
    for (const int64_t size : {1, 2, 3, 5, 8, 50})
        check_op(Lrn{.alpha = 0.02f, .size = size}, {random({2, 17, 3, 5}, -3, 3)}, {.function_error = 16});
    for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{1, 3, 7, 5}, Shape{1, 4, 9}, Shape{1, 21, 2, 3, 4}})
        check_op(Lrn{.alpha = 0.1f, .beta = 0.5f, .bias = 2, .size = 3}, {random(shape, -5, 5)},
                 {.function_error = 32});
}

TEST_CASE("lrn: squares may leave f16's range")
{
    check_op(Lrn{.alpha = 1e-4f, .size = 5}, {random({1, 8, 4, 4}, -2000, 2000)}, {.function_error = 16});
}

TEST_CASE("lrn: refuses what does not fit and says why")
{
    CHECK(refusal(Lrn{.size = 0}, {random({1, 3, 2, 2})}).find("size must be at least 1") != std::string::npos);
    CHECK(refusal(Lrn{}, {random({3, 2})}).find("3 to 5 axes") != std::string::npos);
    CHECK(refusal(Lrn{}, {random_integers({1, 3, 2, 2}, 0, 3)}).find("floats") != std::string::npos);
}

} // namespace vkseg::test::lrn_test
