#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace vkseg::test::batched_nms_test {
namespace {

constexpr Check exact = {.outputs = 2, .is_exact = true};
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// Boxes whose sides are up to `side`, in a square of `extent`.
Tensor scattered(int64_t count, float extent, float side)
{
    const std::vector<float> places = random({count, 4}, 0, 1).to_floats();
    std::vector<float> boxes;
    for (size_t i = 0; i < places.size(); i += 4)
    {
        const float x = places[i] * extent;
        const float y = places[i + 1] * extent;
        boxes.insert(boxes.end(), {x, y, x + places[i + 2] * side, y + places[i + 3] * side});
    }
    return Tensor::from({count, 4}, std::move(boxes));
}

/// Boxes of 1 x 1 on a grid, 1 apart from each other.
Tensor disjoint(int64_t count)
{
    constexpr int64_t columns = 101;
    std::vector<float> boxes;
    for (int64_t i = 0; i < count; ++i)
    {
        const auto x = float(i % columns * 2);
        const auto y = float(i / columns * 2);
        boxes.insert(boxes.end(), {x, y, x + 1, y + 1});
    }
    return Tensor::from({count, 4}, std::move(boxes));
}

Tensor repeated(const std::vector<float>& box, int64_t count)
{
    std::vector<float> boxes;
    for (int64_t i = 0; i < count; ++i)
        boxes.insert(boxes.end(), box.begin(), box.end());
    return Tensor::from({count, 4}, std::move(boxes));
}

Tensor one_group(int64_t count)
{
    return Tensor::from_integers({count}, std::vector<int64_t>(size_t(count)));
}

std::vector<Tensor> scattered_inputs(int64_t count, float extent, float side, int64_t groups)
{
    return {scattered(count, extent, side), random({count}, 0, 1), random_integers({count}, 0, groups - 1)};
}

/// The second output of `op`, whose first one nothing reads.
std::vector<int64_t> second_output(const TestDevice& device, const Op& op, const std::vector<Tensor>& inputs)
{
    Graph graph;
    std::vector<ValueId> ids;
    std::vector<NamedTensor> fed;
    for (const Tensor& input : inputs)
    {
        fed.push_back({"input" + std::to_string(ids.size()), input});
        ids.push_back(graph.add_input(fed.back().name, input.type(), input.shape()));
    }
    graph.outputs = {graph.add_node("output", op, ids, 2) + 1};
    Result<Session> session = Session::create(device.device, graph);
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    const Result<RunResult> result = session->run(fed);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return result->outputs[0].tensor.to_integers();
}

} // namespace

TEST_CASE("batched_nms: of few and of many boxes in few and in many groups")
{
    for (const int64_t count : {1, 2, 7, 63, 64, 65, 511, 512, 513, 1025, 5000})
    {
        check_op(BatchedNms{}, scattered_inputs(count, 100, 40, 1), exact);
        check_op(BatchedNms{.iou_threshold = 0.3f}, scattered_inputs(count, 60, 40, 5), exact);
    }
    check_op(BatchedNms{.iou_threshold = 0.7f, .max_outputs = 1000}, scattered_inputs(4507, 800, 200, 5), exact);
    check_op(BatchedNms{}, scattered_inputs(9001, 300, 100, 1), exact);
}

TEST_CASE("batched_nms: of boxes that are all equal, all apart, and all in groups of their own")
{
    for (const int64_t count : {3, 1300, 4001})
    {
        const Tensor scores = random({count}, 0, 1);
        check_op(BatchedNms{}, {repeated({1, 2, 5, 7}, count), scores, one_group(count)}, exact);
        check_op(BatchedNms{.iou_threshold = 1}, {repeated({1, 2, 5, 7}, count), scores, one_group(count)}, exact);
        check_op(BatchedNms{.iou_threshold = 0}, {disjoint(count), scores, one_group(count)}, exact);
        std::vector<int64_t> groups;
        for (int64_t i = 0; i < count; ++i)
            groups.push_back(i - 2);
        check_op(BatchedNms{}, {repeated({1, 2, 5, 7}, count), scores, ints(groups)}, exact);
    }
}

TEST_CASE("batched_nms: equal scores are taken in the order of indices")
{
    const Tensor scores = Tensor::from({2000}, random_integers({2000}, 0, 3).to_floats());
    check_op(BatchedNms{}, {scattered(2000, 100, 40), scores, random_integers({2000}, 0, 2)}, exact);
}

TEST_CASE("batched_nms: keeps the first boxes only")
{
    for (const int64_t max_outputs : {1, 5, 64, 600, 1299, 1300, 5000})
    {
        const Tensor scores = random({1300}, 0, 1);
        check_op(BatchedNms{.max_outputs = max_outputs}, {disjoint(1300), scores, one_group(1300)}, exact);
        check_op(BatchedNms{.max_outputs = max_outputs}, scattered_inputs(1300, 100, 40, 3), exact);
    }
}

TEST_CASE("batched_nms: drops boxes by score and by size")
{
    const std::vector<Tensor> inputs = scattered_inputs(1500, 100, 40, 3);
    for (const float threshold : {-1.0f, 0.5f, 0.99f, 1.0f, infinity, -infinity})
        check_op(BatchedNms{.score_threshold = threshold}, inputs, exact);
    for (const float min_size : {0.5f, 20.0f, 1000.0f})
        check_op(BatchedNms{.min_size = min_size}, inputs, exact);
    check_op(BatchedNms{.score_threshold = 0.25f, .min_size = 4, .max_outputs = 20}, inputs, exact);
    // A score that equals the threshold does not pass.
    check_op(BatchedNms{.score_threshold = 0.5f},
             {disjoint(4), Tensor::from({4}, {0.5f, 0.75f, -0.5f, 0.50048828125f}), one_group(4)}, exact);
    check_op(BatchedNms{.score_threshold = 0.0f},
             {disjoint(4), Tensor::from({4}, {0.0f, -0.0f, 0x1p-24f, -0x1p-24f}), one_group(4)}, exact);
}

TEST_CASE("batched_nms: many small boxes before the first that is kept")
{
    std::vector<float> boxes = disjoint(1500).to_floats();
    std::vector<float> scores;
    for (size_t i = 0; i < 1500; ++i)
    {
        scores.push_back(float(2000 - i));
        if (i < 1200)
            boxes[i * 4 + 2] = boxes[i * 4];
    }
    check_op(BatchedNms{.min_size = 0.5f},
             {Tensor::from({1500, 4}, boxes), Tensor::from({1500}, scores), one_group(1500)}, exact);
}

TEST_CASE("batched_nms: of scores and corners that are NaN or infinite, and of boxes without an area")
{
    std::vector<float> scores = random({1100}, -1, 1).to_floats();
    std::vector<float> boxes = scattered(1100, 50, 40).to_floats();
    const std::array<float, 4> odd = {nan, infinity, -infinity, 0};
    for (size_t i = 0; i < 1100; i += 7)
        boxes[i * 4 + i % 4] = odd[i / 7 % 4];
    for (size_t i = 0; i < 1100; i += 5)
        scores[i] = odd[i / 5 % 4];
    const std::vector<Tensor> inputs = {Tensor::from({1100, 4}, boxes), Tensor::from({1100}, scores), one_group(1100)};
    check_op(BatchedNms{}, inputs, exact);
    check_op(BatchedNms{.iou_threshold = 0}, inputs, exact);
    check_op(BatchedNms{.score_threshold = -0.5f, .min_size = 3}, inputs, exact);
    check_op(BatchedNms{}, {repeated({1, 1, 1, 5}, 3), random({3}), one_group(3)}, exact);
    check_op(BatchedNms{}, {repeated({5, 5, 1, 1}, 3), random({3}), one_group(3)}, exact);
    check_op(BatchedNms{}, {repeated({nan, nan, nan, nan}, 70), random({70}), one_group(70)}, exact);
    check_op(BatchedNms{}, {disjoint(3), Tensor::from({3}, {nan, nan, nan}), one_group(3)}, exact);
}

TEST_CASE("batched_nms: inclusive corners make a box wider by a pixel")
{
    const auto inclusive = [](BatchedNms op)
    {
        op.has_inclusive_corners = true;
        return op;
    };
    check_op(inclusive({.iou_threshold = 0.3f}), scattered_inputs(2000, 100, 12, 3), exact);
    check_op(inclusive({.iou_threshold = 0.7f, .min_size = 4, .max_outputs = 300}), scattered_inputs(3000, 60, 12, 1),
             exact);
    check_op(inclusive({}), {repeated({3, 3, 3, 3}, 70), random({70}), one_group(70)}, exact);
    // Two pixels each, of which they share one: 1 / 3 of both. Without the last pixels they only touch.
    const std::vector<Tensor> inputs = {Tensor::from({2, 4}, {0, 0, 1, 0, 1, 0, 2, 0}), Tensor::from({2}, {0.9f, 0.8f}),
                                        one_group(2)};
    for (const TestDevice& device : devices())
    {
        CHECK(second_output(device, inclusive({.iou_threshold = 0.33f}), inputs) == Integers{1});
        CHECK(second_output(device, inclusive({.iou_threshold = 0.34f}), inputs) == Integers{2});
        CHECK(second_output(device, inclusive({.min_size = 1}), inputs) == Integers{2});
        CHECK(second_output(device, BatchedNms{.iou_threshold = 0.33f}, inputs) == Integers{2});
        CHECK(second_output(device, BatchedNms{.min_size = 1}, inputs) == Integers{0});
    }
}

TEST_CASE("batched_nms: of no boxes, keeps none")
{
    check_op(BatchedNms{}, {random({0, 4}), random({0}), ints({})}, exact);
}

TEST_CASE("batched_nms: one output may be left out")
{
    check_op(BatchedNms{}, scattered_inputs(300, 100, 40, 1), {.is_exact = true});
    for (const TestDevice& device : devices())
        CHECK(second_output(device, BatchedNms{}, {disjoint(70), random({70}), one_group(70)}) == Integers{70});
}

TEST_CASE("batched_nms: refuses what does not fit and says why")
{
    const Tensor boxes = random({5, 4});
    const Tensor scores = random({5});
    const Tensor groups = one_group(5);
    CHECK(refusal(BatchedNms{}, {random({5, 3}), scores, groups}) == "boxes must be floats of shape Nx4, got f32 5x3");
    CHECK(refusal(BatchedNms{}, {random_integers({5, 4}, 0, 1), scores, groups}).find("boxes") != std::string::npos);
    CHECK(refusal(BatchedNms{}, {boxes, random({4}), groups}) == "scores must be floats of shape 5, got f32 4");
    CHECK(refusal(BatchedNms{}, {boxes, scores, scores}) == "groups must be integers of shape 5, got f32 5");
    CHECK(refusal(BatchedNms{}, {boxes, scores}) == "input 2 is missing");
    const std::vector<Tensor> inputs = {boxes, scores, groups};
    CHECK(refusal(BatchedNms{.iou_threshold = 1.5f}, inputs).find("iou_threshold") != std::string::npos);
    CHECK(refusal(BatchedNms{.iou_threshold = nan}, inputs).find("iou_threshold") != std::string::npos);
    CHECK(refusal(BatchedNms{.score_threshold = nan}, inputs).find("score_threshold") != std::string::npos);
    CHECK(refusal(BatchedNms{.min_size = -1}, inputs).find("min_size") != std::string::npos);
    CHECK(refusal(BatchedNms{.max_outputs = -1}, inputs).find("max_outputs") != std::string::npos);
    CHECK(refusal(BatchedNms{}, inputs) == "");
}

} // namespace vkseg::test::batched_nms_test
