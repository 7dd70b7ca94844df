#include "ops/operators.hpp"
#include "support/plan_of.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace vkseg::test::suppression_test {
namespace {

Operand linear(const Shape& shape)
{
    const size_t bytes = size_t(elements4(shape, Layout::linear)) * element_bytes(Storage::f32);
    return {.shape = shape, .layout = Layout::linear, .buffer_bytes = bytes, .is_present = true};
}

/// Plans the operator for a device with the minimum limits.
Result<Plan> plan_selection(const NonMaxSuppression& op, const Shape& boxes, const Shape& scores)
{
    const std::array<TensorInfo, 2> infos = {TensorInfo{.shape = boxes}, TensorInfo{.shape = scores}};
    const Result<Outputs> outputs = infer(op, infos);
    REQUIRE_MESSAGE(outputs.is_ok(), outputs.status().message());
    const std::array<Operand, 2> inputs = {linear(boxes), linear(scores)};
    const std::array<Operand, 2> results = {linear((*outputs)[0].shape), linear((*outputs)[1].shape)};
    const Limits limits;
    return plan(op, {.inputs = inputs, .outputs = results, .infos = infos, .limits = limits});
}

} // namespace

TEST_CASE("suppression: compares with the kept boxes of earlier chunks only if there are several chunks")
{
    const NonMaxSuppression op = {.max_outputs = 100, .iou_threshold = 0.5f};
    const Result<Plan> one = plan_selection(op, {1, 512, 4}, {1, 80, 512});
    REQUIRE(one.is_ok());
    CHECK(kernels_of(*one) == "sort_runs nms_candidates nms_suppress nms_offsets nms_result ");
    const Result<Plan> two = plan_selection(op, {1, 513, 4}, {1, 80, 513});
    REQUIRE(two.is_ok());
    CHECK(kernels_of(*two) ==
          "sort_runs nms_candidates nms_suppress nms_overlaps nms_suppress nms_offsets nms_result ");
}

TEST_CASE("suppression: says what does not fit a binding")
{
    const NonMaxSuppression op = {.max_outputs = 100, .iou_threshold = 0.5f};
    const std::string boxes = plan_selection(op, {1, 100000, 4}, {1, 200, 100000}).status().message();
    CHECK(boxes ==
          "the boxes of all classes take 320000000 bytes, but the device binds at most 134217728 at a time; use "
          "a smaller input");
    const std::string lists = plan_selection(op, {1, 1, 4}, {1, 4000000, 1}).status().message();
    CHECK(lists.find("lists of the kept boxes of all classes take") != std::string::npos);
}

} // namespace vkseg::test::suppression_test
