#include "vkseg/instance_metrics.hpp"

#include "base/try.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

// Average precision in the steps of COCOeval (pycocotools/cocoeval.py), whose floating-point operations are kept in
// their order so that comparisons with thresholds give the same results: evaluateImg() is match(), accumulate() is
// figures_of().
namespace vkseg {
namespace {

constexpr size_t num_thresholds = 10;
constexpr size_t num_recalls = 101;
constexpr size_t max_detections = 100; // of a category in a picture

struct AreaRange
{
    double min = 0;
    double max = 0;
};
constexpr AreaRange area_ranges[] = {{0, 1e10}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e10}};
constexpr size_t num_areas = std::size(area_ranges);

/// numpy.linspace(.5, 0.95, 10)
double iou_threshold(size_t i)
{
    return i + 1 == num_thresholds ? 0.95 : double(i) * ((0.95 - 0.5) / double(num_thresholds - 1)) + 0.5;
}

/// numpy.linspace(.0, 1.00, 101)
double recall_threshold(size_t i)
{
    return i + 1 == num_recalls ? 1.0 : double(i) * (1.0 / double(num_recalls - 1));
}

double box_iou(const std::array<double, 4>& detection, const std::array<double, 4>& truth, bool is_crowd)
{
    const auto [x, y, width, height] = detection;
    const auto [truth_x, truth_y, truth_width, truth_height] = truth;
    const double both_width = std::min(width + x, truth_width + truth_x) - std::max(x, truth_x);
    const double both_height = std::min(height + y, truth_height + truth_y) - std::max(y, truth_y);
    if (both_width <= 0 || both_height <= 0)
        return 0;
    const double both = both_width * both_height;
    return both / (is_crowd ? width * height : width * height + truth_width * truth_height - both);
}

/// Objects and detections of one category in one picture.
struct CocoGroup
{
    std::vector<const CocoAnnotation*> truths;
    std::vector<const CocoDetection*> detections;
};

/// The outcome of a detection, with a bit for each IoU threshold.
struct Outcome
{
    double score = 0;
    uint32_t rank = 0; ///< among the detections of its picture
    uint32_t matched = 0;
    uint32_t ignored = 0;
};

/// Outcomes of a category for one range of areas.
struct Outcomes
{
    std::vector<Outcome> detections;
    size_t truths = 0; ///< not ignored
};

/// Matches the detections of a group for one range of areas. Takes the detections by descending score.
class GroupMatcher
{
public:
    GroupMatcher(CocoGroup group, const AveragePrecisionOptions& options) : group_(std::move(group)), options_(options)
    {
        std::vector<const CocoDetection*>& detections = group_.detections;
        std::stable_sort(detections.begin(), detections.end(),
                         [](const CocoDetection* a, const CocoDetection* b) { return a->score > b->score; });
        detections.resize(std::min(detections.size(), max_detections));
        for (const CocoDetection* detection : detections)
        {
            areas_.push_back(area_of(*detection));
            for (const CocoAnnotation* truth : group_.truths)
                ious_.push_back(iou(*detection, *truth));
        }
    }

    void match(const AreaRange& range, Outcomes& outcomes)
    {
        const auto is_outside = [&](double area) { return area < range.min || area > range.max; };
        const size_t num_truths = group_.truths.size();
        std::vector<bool> is_ignored(num_truths);
        for (size_t i = 0; i < num_truths; ++i)
            is_ignored[i] = group_.truths[i]->is_crowd || is_outside(group_.truths[i]->area);
        std::vector<size_t> order(num_truths); // objects that count come first
        std::iota(order.begin(), order.end(), size_t(0));
        std::stable_partition(order.begin(), order.end(), [&](size_t i) { return !is_ignored[i]; });
        outcomes.truths += size_t(std::count(is_ignored.begin(), is_ignored.end(), false));

        const size_t first = outcomes.detections.size();
        for (size_t i = 0; i < group_.detections.size(); ++i)
            outcomes.detections.push_back({.score = group_.detections[i]->score, .rank = uint32_t(i)});
        for (size_t threshold = 0; threshold < num_thresholds; ++threshold)
        {
            std::vector<bool> is_taken(num_truths);
            for (size_t i = 0; i < group_.detections.size(); ++i)
            {
                Outcome& outcome = outcomes.detections[first + i];
                const size_t best = best_match(i, order, {is_ignored, is_taken}, iou_threshold(threshold));
                const bool is_matched = best < num_truths;
                if (is_matched)
                    is_taken[best] = true;
                const bool does_not_count = is_matched ? is_ignored[best] : is_outside(areas_[i]);
                outcome.matched |= uint32_t(is_matched) << threshold;
                outcome.ignored |= uint32_t(does_not_count) << threshold;
            }
        }
    }

private:
    struct TruthMarks
    {
        const std::vector<bool>& is_ignored;
        const std::vector<bool>& is_taken;
    };

    /// The object with the largest IoU, the last one of equals, with those that count before those that do not; the
    /// number of objects if there is none.
    size_t best_match(size_t detection, const std::vector<size_t>& order, const TruthMarks& marks,
                      double threshold) const
    {
        const size_t none = order.size();
        size_t best = none;
        double iou = std::min(threshold, 1 - 1e-10);
        for (const size_t i : order)
        {
            if (marks.is_taken[i] && !group_.truths[i]->is_crowd)
                continue;
            if (best != none && !marks.is_ignored[best] && marks.is_ignored[i])
                break;
            if (ious_[detection * none + i] < iou)
                continue;
            iou = ious_[detection * none + i];
            best = i;
        }
        return best;
    }

    double iou(const CocoDetection& detection, const CocoAnnotation& truth) const
    {
        return options_.overlap == InstanceOverlap::boxes ? box_iou(detection.box, truth.box, truth.is_crowd)
                                                          : mask_iou(detection.mask, truth.mask, truth.is_crowd);
    }

    double area_of(const CocoDetection& detection) const
    {
        const bool is_box = options_.area == DetectionArea::compared ? options_.overlap == InstanceOverlap::boxes
                                                                     : options_.area == DetectionArea::box;
        return is_box ? detection.box[2] * detection.box[3] : double(mask_area(detection.mask));
    }

    CocoGroup group_;
    const AveragePrecisionOptions& options_;
    std::vector<double> areas_;
    std::vector<double> ious_; ///< a row of objects for each detection
};

/// Precision and recall of a category, for one range of areas and number of detections: the mean over the thresholds,
/// and the precision at the thresholds 0.50 and 0.75.
struct Curve
{
    double precision = 0;
    double precision50 = 0;
    double precision75 = 0;
    double recall = 0;
};

/// Mean over the recalls of the precision, which is the largest at this recall or a higher one.
double mean_precision(std::vector<double> precisions, const std::vector<double>& recalls)
{
    for (size_t i = precisions.size(); i-- > 1;)
        precisions[i - 1] = std::max(precisions[i - 1], precisions[i]);
    double sum = 0;
    for (size_t i = 0; i < num_recalls; ++i)
    {
        const auto found = std::lower_bound(recalls.begin(), recalls.end(), recall_threshold(i));
        if (found != recalls.end())
            sum += precisions[size_t(found - recalls.begin())];
    }
    return sum / double(num_recalls);
}

/// `outcomes` are by descending score.
Curve figures_of(const Outcomes& outcomes, size_t max_rank)
{
    if (outcomes.truths == 0)
    {
        constexpr double none = std::numeric_limits<double>::quiet_NaN();
        return {none, none, none, none};
    }
    Curve curve;
    for (size_t threshold = 0; threshold < num_thresholds; ++threshold)
    {
        std::vector<double> precisions;
        std::vector<double> recalls;
        double right = 0;
        double wrong = 0;
        for (const Outcome& outcome : outcomes.detections)
        {
            if (outcome.rank >= max_rank)
                continue;
            const bool counts = (outcome.ignored >> threshold & 1u) == 0;
            const bool is_matched = (outcome.matched >> threshold & 1u) != 0;
            right += counts && is_matched ? 1 : 0;
            wrong += counts && !is_matched ? 1 : 0;
            recalls.push_back(right / double(outcomes.truths));
            precisions.push_back(right / (wrong + right + std::numeric_limits<double>::epsilon()));
        }
        curve.recall += recalls.empty() ? 0 : recalls.back() / double(num_thresholds);
        const double precision = mean_precision(std::move(precisions), recalls);
        curve.precision += precision / double(num_thresholds);
        if (threshold == 0)
            curve.precision50 = precision;
        if (threshold == 5)
            curve.precision75 = precision;
    }
    return curve;
}

AveragePrecision figures_of(std::array<Outcomes, num_areas>& areas)
{
    for (Outcomes& outcomes : areas)
        std::stable_sort(outcomes.detections.begin(), outcomes.detections.end(),
                         [](const Outcome& a, const Outcome& b) { return a.score > b.score; });
    const Curve all = figures_of(areas[0], max_detections);
    const Curve small = figures_of(areas[1], max_detections);
    const Curve medium = figures_of(areas[2], max_detections);
    const Curve large = figures_of(areas[3], max_detections);
    return {.ap = all.precision,
            .ap50 = all.precision50,
            .ap75 = all.precision75,
            .ap_small = small.precision,
            .ap_medium = medium.precision,
            .ap_large = large.precision,
            .ar1 = figures_of(areas[0], 1).recall,
            .ar10 = figures_of(areas[0], 10).recall,
            .ar100 = all.recall,
            .ar_small = small.recall,
            .ar_medium = medium.recall,
            .ar_large = large.recall};
}

AveragePrecision mean_of(const std::vector<CategoryPrecision>& categories)
{
    AveragePrecision mean;
    for (double AveragePrecision::*figure :
         {&AveragePrecision::ap, &AveragePrecision::ap50, &AveragePrecision::ap75, &AveragePrecision::ap_small,
          &AveragePrecision::ap_medium, &AveragePrecision::ap_large, &AveragePrecision::ar1, &AveragePrecision::ar10,
          &AveragePrecision::ar100, &AveragePrecision::ar_small, &AveragePrecision::ar_medium,
          &AveragePrecision::ar_large})
    {
        double sum = 0;
        double count = 0;
        for (const CategoryPrecision& category : categories)
        {
            const double value = category.figures.*figure;
            sum += std::isnan(value) ? 0 : value;
            count += std::isnan(value) ? 0 : 1;
        }
        mean.*figure = count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
    }
    return mean;
}

Status wrong_instances(const std::string& message)
{
    return Status(StatusCode::invalid_argument, "average_precision: " + message);
}

/// Checks that the mask is there, if it is needed, and that it has the size of its image.
Status check_mask(const RunLengths& mask, const CocoImage& image, bool is_needed, const std::string& who)
{
    if (!is_needed)
        return {};
    if (mask.counts.empty())
        return wrong_instances(who + ": has no mask");
    if (mask.height != image.height || mask.width != image.width)
        return wrong_instances(who + ": expected a mask of " + std::to_string(image.height) + "x" +
                               std::to_string(image.width) + " pixels as image " + std::to_string(image.id) + ", got " +
                               std::to_string(mask.height) + "x" + std::to_string(mask.width));
    return {};
}

Status check_images(const CocoAnnotations& truth, std::span<const CocoDetection> detections,
                    const AveragePrecisionOptions& options)
{
    const bool compares_masks = options.overlap == InstanceOverlap::masks;
    std::map<int64_t, const CocoImage*> images;
    for (const CocoImage& image : truth.images)
        images.emplace(image.id, &image);
    const auto check = [&](const auto& object, bool needs_mask, const std::string& who) -> Status
    {
        const auto image = images.find(object.image_id);
        if (image == images.end())
            return wrong_instances(who + ": the truth lists no image with the id " + std::to_string(object.image_id));
        return check_mask(object.mask, *image->second, needs_mask, who);
    };
    for (size_t i = 0; i < truth.annotations.size(); ++i)
        VKSEG_TRY(check(truth.annotations[i], compares_masks, "annotation " + std::to_string(i)));
    const bool needs_masks = compares_masks || options.area == DetectionArea::mask;
    for (size_t i = 0; i < detections.size(); ++i)
    {
        const std::string who = "detection " + std::to_string(i);
        const auto is_finite = [](double value) { return std::isfinite(value); };
        const std::array<double, 4>& box = detections[i].box;
        if (!is_finite(detections[i].score) || !std::all_of(box.begin(), box.end(), is_finite))
            return wrong_instances(who + ": the score or a coordinate of the box is infinite or NaN");
        VKSEG_TRY(check(detections[i], needs_masks, who));
    }
    return {};
}

} // namespace

Result<InstanceMetrics> average_precision(const CocoAnnotations& truth, std::span<const CocoDetection> detections,
                                          const AveragePrecisionOptions& options)
{
    VKSEG_TRY(check_images(truth, detections, options));
    // Categories in the order of their ids, each with its pictures by id: equal scores keep this order.
    std::map<int64_t, std::map<int64_t, CocoGroup>> categories;
    for (const CocoCategory& category : truth.categories)
        categories[category.id];
    for (const CocoAnnotation& annotation : truth.annotations)
    {
        const auto category = categories.find(annotation.category_id);
        if (category != categories.end())
            category->second[annotation.image_id].truths.push_back(&annotation);
    }
    InstanceMetrics metrics;
    for (const CocoDetection& detection : detections)
    {
        const auto category = categories.find(detection.category_id);
        if (category != categories.end())
            category->second[detection.image_id].detections.push_back(&detection);
        else
            ++metrics.ignored_detections;
    }
    for (auto& [id, pictures] : categories)
    {
        CategoryPrecision& category = metrics.categories.emplace_back();
        category.category_id = id;
        std::array<Outcomes, num_areas> areas;
        for (auto& [image, group] : pictures)
        {
            category.objects += size_t(std::count_if(group.truths.begin(), group.truths.end(),
                                                     [](const CocoAnnotation* object) { return !object->is_crowd; }));
            GroupMatcher matcher(std::move(group), options);
            for (size_t i = 0; i < num_areas; ++i)
                matcher.match(area_ranges[i], areas[i]);
        }
        category.figures = figures_of(areas);
    }
    metrics.all = mean_of(metrics.categories);
    return metrics;
}

} // namespace vkseg
