#include "vkseg/instance_metrics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace vkseg::panoptic_quality_test {
namespace {

using Ids = std::vector<uint32_t>;
using Segments = std::vector<PanopticSegment>;

const std::vector<PanopticCategory> three_things = {{1, true},  {2, true},  {3, true},
                                                    {4, false}, {5, false}, {6, false}};

void check_near(const PanopticFigures& got, const PanopticFigures& expected)
{
    CHECK(std::abs(got.pq - expected.pq) <= 1e-12);
    CHECK(std::abs(got.sq - expected.sq) <= 1e-12);
    CHECK(std::abs(got.rq - expected.rq) <= 1e-12);
}

class Random
{
public:
    explicit Random(uint32_t seed) : state_(seed) {}
    int below(int bound)
    {
        state_ = state_ * 1664525u + 1013904223u;
        return int((state_ >> 8) % uint32_t(bound));
    }

private:
    uint32_t state_;
};

constexpr int height = 30;
constexpr int width = 40;

struct Box
{
    int x, y, width, height;
};

void draw(Ids& ids, const Box& box, uint32_t id)
{
    for (int y = box.y; y < std::min(height, box.y + box.height); ++y)
    {
        for (int x = box.x; x < std::min(width, box.x + box.width); ++x)
            ids[size_t(y * width + x)] = id;
    }
}

struct Picture
{
    Ids ids = Ids(size_t(height * width));
    Segments segments;

    PanopticSegmentation view() const { return {ids, segments}; }
    void remove_hidden()
    {
        const std::set<uint32_t> seen(ids.begin(), ids.end());
        std::erase_if(segments, [&](const PanopticSegment& segment) { return !seen.contains(segment.id); });
    }
};

/// Rectangles over each other, and most of them predicted a bit aside, some with another category.
std::pair<Picture, Picture> random_pictures(uint32_t seed)
{
    Random random(seed);
    Picture truth, predicted;
    std::set<int64_t> crowded;
    for (uint32_t i = 1; i < 15; ++i)
    {
        const int box_width = 3 + random.below(15);
        const int box_height = 3 + random.below(12);
        const int x = random.below(width - box_width);
        const int y = random.below(height - box_height);
        const int64_t category = 1 + random.below(5);
        const bool is_crowd = random.below(6) == 0 && crowded.insert(category).second;
        draw(truth.ids, {x, y, box_width, box_height}, 3 * i);
        truth.segments.push_back({3 * i, category, is_crowd});
        if (random.below(5) == 0)
            continue;
        const int moved_x = x + random.below(2);
        const int moved_y = y + random.below(2);
        draw(predicted.ids, {moved_x, moved_y, box_width, box_height}, 7 * i);
        predicted.segments.push_back({7 * i, random.below(6) > 0 ? category : 1 + random.below(5)});
    }
    const int x = random.below(20);
    const int y = random.below(20);
    draw(predicted.ids, {x, y, 9, 6}, 500);
    predicted.segments.push_back({500, 1 + random.below(5)});
    truth.remove_hidden();
    predicted.remove_hidden();
    return {truth, predicted};
}

} // namespace

TEST_CASE("panoptic_quality: figures are those of panopticapi")
{
    PanopticQuality quality(three_things);
    for (uint32_t seed = 1; seed < 9; ++seed)
    {
        const auto [truth, predicted] = random_pictures(seed);
        const Status status = quality.add(predicted.view(), truth.view());
        REQUIRE_MESSAGE(status.is_ok(), status.message());
    }
    check_near(quality.all(), {0.3706860099694021, 0.79858305060420731, 0.46371803137760581});
    check_near(quality.things(), {0.38016102741302915, 0.80887972774300165, 0.46868686868686865});
    check_near(quality.stuff(), {0.35647348380396149, 0.78313803489601563, 0.45626477541371158});
    check_near(quality.of_category(1), {0.50138954835027683, 0.82729275477795683, 0.60606060606060608});
    check_near(quality.of_category(2), {0.24086952050507038, 0.80289840168356796, 0.29999999999999999});
    check_near(quality.of_category(3), {0.39822401338374019, 0.79644802676748039, 0.5});
    check_near(quality.of_category(4), {0.37982642314092407, 0.85460945206707917, 0.44444444444444442});
    check_near(quality.of_category(5), {0.33312054446699885, 0.7116666177249521, 0.46808510638297873});
    CHECK(std::isnan(quality.of_category(6).pq));
    CHECK(std::isnan(quality.of_category(7).pq));
}

TEST_CASE("panoptic_quality: a picture worked out by hand")
{
    // Of category 1: IoU 3 / 4 for segments 1 and 10, since the void pixel of 10 is not in the union; segment 2 missed;
    // 11 wrong. Of category 4: a match with IoU 1.
    const Ids truth = {1, 1, 1, 1, 0, 2, 2, 2, 3, 3};
    const Ids predicted = {10, 10, 10, 0, 10, 11, 12, 12, 12, 12};
    const Segments true_segments = {{1, 1}, {2, 1}, {3, 4}};
    PanopticQuality quality(three_things);
    REQUIRE(quality.add({predicted, Segments{{10, 1}, {11, 1}, {12, 4}}}, {truth, true_segments}).is_ok());
    check_near(quality.of_category(1), {0.75 / 2, 0.75, 0.5});
    check_near(quality.of_category(4), {0, 0, 0}); // 2 of 4 pixels are not more than half
    check_near(quality.all(), {0.75 / 4, 0.75 / 2, 0.25});
    check_near(quality.things(), {0.75 / 2, 0.75, 0.5});
}

TEST_CASE("panoptic_quality: segments in void or in a crowd are not counted, and crowds are not missed")
{
    const Ids truth = {0, 0, 0, 0, 5, 5, 5, 5, 9, 9};
    const Segments true_segments = {{5, 1, true}, {9, 2}};
    PanopticQuality quality(three_things);
    REQUIRE(quality
                .add({Ids{10, 10, 11, 11, 11, 12, 12, 12, 12, 9}, Segments{{10, 1}, {11, 3}, {12, 1}, {9, 2}}},
                     {truth, true_segments})
                .is_ok());
    CHECK(std::isnan(quality.of_category(1).pq));  // 10 is in void, 12 by three quarters in the crowd
    CHECK(std::isnan(quality.of_category(3).pq));  // 11 is in void by two thirds
    check_near(quality.of_category(2), {0, 0, 0}); // an IoU of one half is no match
}

TEST_CASE("panoptic_quality: without segments there are no figures")
{
    PanopticQuality quality(three_things);
    REQUIRE(quality.add({Ids{0, 0}, {}}, {Ids{0, 0}, {}}).is_ok());
    CHECK(std::isnan(quality.all().pq));
    CHECK(std::isnan(quality.stuff().rq));
}

TEST_CASE("panoptic_quality: segments that do not fit are refused, and nothing is counted")
{
    PanopticQuality quality(three_things);
    const Ids ids = {1, 1};
    const Segments segments = {{1, 1}};
    const auto refusal = [&](const PanopticSegmentation& predicted, const PanopticSegmentation& truth)
    { return quality.add(predicted, truth).message(); };
    CHECK(refusal({Ids{1}, segments}, {ids, segments}) == "predicted segmentation: expected ids for 2 pixels, got 1");
    CHECK(refusal({ids, segments}, {ids, {}}) == "true segmentation: pixels have the id 1, which no segment has");
    CHECK(refusal({ids, Segments{{1, 1}, {2, 1}}}, {ids, segments}) ==
          "predicted segmentation: segment 2: has no pixels");
    CHECK(refusal({ids, Segments{{1, 1}, {1, 2}}}, {ids, segments}) ==
          "predicted segmentation: two segments have the id 1");
    CHECK(refusal({ids, Segments{{1, 77}}}, {ids, segments}) ==
          "predicted segmentation: segment 1: there is no category 77");
    CHECK(refusal({ids, Segments{{0, 1}}}, {ids, segments}) ==
          "predicted segmentation: a segment has the id 0, which stands for void");
    CHECK(std::isnan(quality.all().pq));
}

} // namespace vkseg::panoptic_quality_test
