#include "support/check_op.hpp"

#include "reference/evaluate.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::anchors_test {

TEST_CASE("anchors: base boxes at every pixel")
{
    const std::vector<float> one = {-2, -1, 2, 1};
    const std::vector<float> three = {-23, -11, 23, 11, -16, -16, 16, 16, -11, -23, 11, 23};
    for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{1, 256, 5, 7}, Shape{2, 3, 1, 33}, Shape{1, 4, 200, 272}})
    {
        check_op(Anchors{.base = one}, {random(shape)}, {.is_exact = true});
        check_op(Anchors{.base = three, .stride_y = 4, .stride_x = 8}, {random(shape)}, {.is_exact = true});
        check_op(Anchors{.base = three, .stride_y = 10.5f, .stride_x = 3.3f}, {random(shape)}, {.is_exact = true});
    }
}

TEST_CASE("anchors: as torchvision's AnchorGenerator lays them out")
{
    // AnchorGenerator(((32,),), ((0.5, 1.0, 2.0),)) for 2 × 3 features of a picture of 16 × 24
    const Anchors op = {.base = {-23, -11, 23, 11, -16, -16, 16, 16, -11, -23, 11, 23}, .stride_y = 8, .stride_x = 8};
    const Tensor x = random({1, 1, 2, 3});
    const Tensor* const inputs[] = {&x};
    const Result<reference::Tensors> anchors = reference::evaluate(op, inputs);
    REQUIRE(anchors.is_ok());
    const std::vector<float> values = (*anchors)[0].to_floats();
    CHECK((*anchors)[0].shape() == Shape{18, 4});
    CHECK(std::vector<float>(values.begin() + 12, values.begin() + 16) == std::vector<float>{-15, -11, 31, 11});
    CHECK(std::vector<float>(values.end() - 4, values.end()) == std::vector<float>{5, -15, 27, 31});
}

TEST_CASE("anchors: refuses what does not fit and says why")
{
    const Tensor x = random({1, 3, 2, 2});
    CHECK(refusal(Anchors{}, {x}).find("at least one anchor, got 0 values") != std::string::npos);
    CHECK(refusal(Anchors{.base = {1, 2, 3}}, {x}).find("got 3 values") != std::string::npos);
    CHECK(refusal(Anchors{.base = {0, 0, 1, 1}}, {random({3, 2, 2})}).find("N, C, H, W") != std::string::npos);
    const float infinite = std::numeric_limits<float>::infinity();
    CHECK(refusal(Anchors{.base = {0, 0, 1, infinite}}, {x}).find("finite") != std::string::npos);
}

} // namespace vkseg::test::anchors_test
