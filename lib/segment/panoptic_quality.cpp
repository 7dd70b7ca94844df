#include "base/try.hpp"
#include "vkseg/instance_metrics.hpp"

#include <limits>

namespace vkseg {
namespace {

constexpr uint32_t void_id = 0;

using PixelCounts = std::map<std::pair<uint32_t, uint32_t>, uint64_t>; // by true and predicted id
using SegmentsById = std::map<uint32_t, const PanopticSegment*>;

Status wrong_segments(const char* whose, const std::string& message)
{
    return Status(StatusCode::invalid_argument, std::string(whose) + " segmentation: " + message);
}

template <class Categories>
Result<SegmentsById> segments_by_id(std::span<const PanopticSegment> segments, const Categories& categories,
                                    const char* whose)
{
    SegmentsById by_id;
    for (const PanopticSegment& segment : segments)
    {
        const std::string who = "segment " + std::to_string(segment.id);
        if (segment.id == void_id)
            return wrong_segments(whose, "a segment has the id 0, which stands for void");
        if (!by_id.emplace(segment.id, &segment).second)
            return wrong_segments(whose, "two segments have the id " + std::to_string(segment.id));
        if (!categories.contains(segment.category_id))
            return wrong_segments(whose, who + ": there is no category " + std::to_string(segment.category_id));
    }
    return by_id;
}

/// Runs of pixels with the same two ids are counted at once.
PixelCounts count_pixels(std::span<const uint32_t> truth, std::span<const uint32_t> predicted)
{
    PixelCounts counts;
    for (size_t i = 0; i < truth.size();)
    {
        const size_t begin = i;
        while (i < truth.size() && truth[i] == truth[begin] && predicted[i] == predicted[begin])
            ++i;
        counts[{truth[begin], predicted[begin]}] += i - begin;
    }
    return counts;
}

uint64_t pixels_of(const PixelCounts& counts, uint32_t truth, uint32_t predicted)
{
    const auto found = counts.find({truth, predicted});
    return found == counts.end() ? 0 : found->second;
}

struct SegmentPixels
{
    uint64_t pixels = 0;
    bool is_matched = false;
};
using PixelsById = std::map<uint32_t, SegmentPixels>;

Status check_ids(const PixelsById& pixels, const SegmentsById& segments, const char* whose)
{
    for (const auto& [id, unused] : pixels)
    {
        if (id != void_id && !segments.contains(id))
            return wrong_segments(whose, "pixels have the id " + std::to_string(id) + ", which no segment has");
    }
    return {};
}

} // namespace

PanopticQuality::PanopticQuality(std::span<const PanopticCategory> categories)
{
    for (const PanopticCategory& category : categories)
        counts_[category.id].is_thing = category.is_thing;
}

Status PanopticQuality::add(const PanopticSegmentation& predicted, const PanopticSegmentation& truth)
{
    if (predicted.ids.size() != truth.ids.size())
        return wrong_segments("predicted", "expected ids for " + std::to_string(truth.ids.size()) + " pixels, got " +
                                               std::to_string(predicted.ids.size()));
    VKSEG_ASSIGN(const SegmentsById true_segments, segments_by_id(truth.segments, counts_, "true"));
    VKSEG_ASSIGN(const SegmentsById predicted_segments, segments_by_id(predicted.segments, counts_, "predicted"));
    const PixelCounts pixels = count_pixels(truth.ids, predicted.ids);
    PixelsById true_pixels, predicted_pixels;
    for (const auto& [ids, count] : pixels)
    {
        true_pixels[ids.first].pixels += count;
        predicted_pixels[ids.second].pixels += count;
    }
    VKSEG_TRY(check_ids(true_pixels, true_segments, "true"));
    VKSEG_TRY(check_ids(predicted_pixels, predicted_segments, "predicted"));
    for (const auto& [id, segment] : predicted_segments)
    {
        if (!predicted_pixels.contains(id))
            return wrong_segments("predicted", "segment " + std::to_string(id) + ": has no pixels");
    }

    // At most one pair of each segment has an IoU above 0.5, so the order of pairs does not matter.
    for (const auto& [ids, both] : pixels)
    {
        const auto& [true_id, predicted_id] = ids;
        if (true_id == void_id || predicted_id == void_id)
            continue;
        const PanopticSegment& segment = *true_segments.at(true_id);
        if (segment.is_crowd || segment.category_id != predicted_segments.at(predicted_id)->category_id)
            continue;
        SegmentPixels& found = predicted_pixels[predicted_id];
        SegmentPixels& object = true_pixels[true_id];
        const double either = double(found.pixels + object.pixels - both - pixels_of(pixels, void_id, predicted_id));
        if (double(both) / either <= 0.5)
            continue;
        Counts& counts = counts_.at(segment.category_id);
        counts.iou += double(both) / either;
        ++counts.matched;
        found.is_matched = true;
        object.is_matched = true;
    }
    std::map<int64_t, uint32_t> crowds; // by category; panopticapi keeps the last one
    for (const PanopticSegment& segment : truth.segments)
    {
        if (segment.is_crowd)
            crowds[segment.category_id] = segment.id;
        else if (!true_pixels[segment.id].is_matched)
            ++counts_.at(segment.category_id).missed;
    }
    for (const PanopticSegment& segment : predicted.segments)
    {
        const SegmentPixels& found = predicted_pixels[segment.id];
        if (found.is_matched)
            continue;
        uint64_t excused = pixels_of(pixels, void_id, segment.id);
        if (const auto crowd = crowds.find(segment.category_id); crowd != crowds.end())
            excused += pixels_of(pixels, crowd->second, segment.id);
        if (double(excused) / double(found.pixels) <= 0.5)
            ++counts_.at(segment.category_id).wrong;
    }
    return {};
}

PanopticFigures PanopticQuality::figures_of(const Counts& counts)
{
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    if (counts.matched + counts.wrong + counts.missed == 0)
        return {none, none, none};
    const double whole = double(counts.matched) + 0.5 * double(counts.wrong) + 0.5 * double(counts.missed);
    return {.pq = counts.iou / whole,
            .sq = counts.matched == 0 ? 0 : counts.iou / double(counts.matched),
            .rq = double(counts.matched) / whole};
}

PanopticFigures PanopticQuality::of_category(int64_t id) const
{
    const auto found = counts_.find(id);
    return figures_of(found == counts_.end() ? Counts() : found->second);
}

PanopticFigures PanopticQuality::mean(bool has_things, bool has_stuff) const
{
    PanopticFigures sum;
    double categories = 0;
    for (const auto& [id, counts] : counts_)
    {
        if (!(counts.is_thing ? has_things : has_stuff) || counts.matched + counts.wrong + counts.missed == 0)
            continue;
        const PanopticFigures figures = figures_of(counts);
        sum.pq += figures.pq;
        sum.sq += figures.sq;
        sum.rq += figures.rq;
        ++categories;
    }
    return {.pq = sum.pq / categories, .sq = sum.sq / categories, .rq = sum.rq / categories}; // NaN for 0 / 0
}

PanopticFigures PanopticQuality::all() const
{
    return mean(/* has_things= */ true, /* has_stuff= */ true);
}

PanopticFigures PanopticQuality::things() const
{
    return mean(/* has_things= */ true, /* has_stuff= */ false);
}

PanopticFigures PanopticQuality::stuff() const
{
    return mean(/* has_things= */ false, /* has_stuff= */ true);
}

} // namespace vkseg
