#include "support/check_op.hpp"

#include "detection/paste_soft_masks.h"
#include "ops/operators.hpp"
#include "support/plan_of.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::paste_soft_masks_test {
namespace {

constexpr Check sums = {.terms = 16};

/// Boxes in random places, many of them partly outside of a picture.
Tensor random_boxes(int64_t count, int64_t height, int64_t width)
{
    const std::vector<int64_t> x = random_integers({count, 2}, -width / 4, width, 1).to_integers();
    const std::vector<int64_t> y = random_integers({count, 2}, -height / 4, height, 2).to_integers();
    std::vector<int64_t> corners;
    for (size_t r = 0; r < size_t(count); ++r)
    {
        const auto [left, right] = std::minmax(x[2 * r], x[2 * r + 1]);
        const auto [top, bottom] = std::minmax(y[2 * r], y[2 * r + 1]);
        corners.insert(corners.end(), {left, top, right, bottom});
    }
    return Tensor::from_integers({count, 4}, std::move(corners));
}

} // namespace

TEST_CASE("paste_soft_masks: pictures and masks of any size")
{
    for (const Integers& size :
         {Integers{1, 1}, Integers{7, 5}, Integers{13, 31}, Integers{9, 32}, Integers{31, 101}, Integers{3, 2}})
    {
        for (const int64_t mask : {1, 5, 30})
            check_op(PasteSoftMasks{.size = size},
                     {random({6, 1, mask, mask}, 0, 1), random_boxes(6, size[0], size[1])}, sums);
    }
    check_op(PasteSoftMasks{.size = {20, 30}}, {random({3, 1, 4, 9}, 0, 1), random_boxes(3, 20, 30)}, sums);
}

TEST_CASE("paste_soft_masks: a box of the mask's size takes its values")
{
    check_op(PasteSoftMasks{.size = {6, 8}},
             {random({2, 1, 4, 5}, 0, 1), Tensor::from_integers({2, 4}, {1, 2, 5, 5, -2, -1, 2, 2})},
             {.is_exact = true});
}

TEST_CASE("paste_soft_masks: the picture's size may be a parameter")
{
    check_op(PasteSoftMasks{}, {random({2, 1, 7, 7}, 0, 1), random_boxes(2, 20, 30), ints({20, 30})}, sums);
}

TEST_CASE("paste_soft_masks: boxes around the picture, beside it, of one pixel, inverted and too large")
{
    constexpr int64_t huge = int64_t(1) << 30;
    const Tensor boxes = Tensor::from_integers({10, 4}, {
                                                            -1000,     -500,    900,       400,    // around
                                                            -40,       -40,     -20,       -20,    // before
                                                            50,        2,       70,        9,      // after
                                                            3,         4,       3,         4,      // one pixel
                                                            9,         9,       2,         2,      // inverted
                                                            9,         2,       2,         9,      // inverted in x
                                                            -262144,   -262144, 262144,    262144, // the largest
                                                            -262145,   0,       9,         9,      // too large
                                                            -huge,     -huge,   huge,      huge,   //
                                                            INT32_MIN, 0,       INT32_MAX, 5,      //
                                                        });
    check_op(PasteSoftMasks{.size = {17, 23}}, {random({10, 1, 6, 5}, 0, 1), boxes}, sums);
}

TEST_CASE("paste_soft_masks: a result larger than a binding is computed in shares of whole elements")
{
    Limits limits = software_limits();
    limits.max_storage_buffer_range_bytes = 16384;
    const auto linear = [](const Shape& shape, Storage storage)
    {
        Operand operand = {.shape = shape, .storage = storage, .layout = Layout::linear, .is_present = true};
        operand.buffer_bytes = size_t(operand.elements4()) * element_bytes(storage);
        return operand;
    };
    const std::vector<Operand> inputs = {linear({21, 1, 5, 5}, Storage::f32), linear({21, 4}, Storage::i32)};
    for (const auto& [width, at_a_time] : {std::pair{32, 5}, std::pair{31, 5}, std::pair{33, 4}})
    {
        const int64_t height = width == 33 ? 23 : 24;
        const std::vector<Operand> outputs = {linear({21, height, width}, Storage::f32)};
        const PlanRequest request = {.inputs = inputs, .outputs = outputs, .infos = {}, .limits = limits};
        const Result<Plan> planned = plan(PasteSoftMasks{.size = {height, width}}, request);
        REQUIRE_MESSAGE(planned.is_ok(), planned.status().message());
        CHECK(planned->dispatches.size() == size_t(div_ceil(21, at_a_time)));
        int first = 0;
        for (const Dispatch& dispatch : planned->dispatches)
        {
            const Binding& window = dispatch.bindings[0];
            CHECK(window.size_bytes <= limits.max_storage_buffer_range_bytes);
            CHECK(window.offset_bytes % limits.storage_buffer_alignment_bytes == 0);
            CHECK(window.offset_bytes + window.size_bytes <= outputs[0].buffer_bytes);
            contract::PasteSoftMasks push = {};
            std::memcpy(&push, dispatch.push_constants.bytes().data(), sizeof(push));
            const size_t begin = window.offset_bytes + size_t(push.destination_offset) * 16;
            CHECK(begin == size_t(first * height * width) * sizeof(float));
            CHECK(size_t(push.destination_offset * 16) + size_t(div_ceil(push.values, 4)) * 16 <= window.size_bytes);
            REQUIRE(dispatch.batch_span);
            CHECK(dispatch.batch_span->first == first);
            first += dispatch.batch_span->count;
        }
        CHECK(first == 21);
    }
}

TEST_CASE("paste_soft_masks: refuses what does not fit and says why")
{
    const Tensor masks = random({2, 1, 5, 5});
    const Tensor boxes = random_integers({2, 4}, 0, 9);
    const PasteSoftMasks op = {.size = {9, 9}};
    CHECK(refusal(op, {random({2, 3, 5, 5}), boxes}) == "masks must be floats of shape Rx1xhxw, got f32 2x3x5x5");
    CHECK(refusal(op, {random({1, 1, 1, 1023}), random_integers({1, 4}, 0, 9)}) ==
          "expected extents of masks from 1 to 1022, got 1x1x1x1023");
    CHECK(refusal(op, {masks, random({2, 4})}) == "boxes must be integers of shape 2x4, got f32 2x4");
    CHECK(refusal(op, {masks, random_integers({3, 4}, 0, 9)}) == "boxes must be integers of shape 2x4, got i64 3x4");
    CHECK(refusal(PasteSoftMasks{}, {masks, boxes}) ==
          "size must be the picture's height and width, from 1 to 65536, got neither");
}

} // namespace vkseg::test::paste_soft_masks_test
