#pragma once

#include "vkseg/coco.hpp"

#include <map>

/// Quality of detections, instances and panoptic segmentations.
///
///     const Result<InstanceMetrics> metrics = average_precision(*truth, results->detections);
///     if (metrics.is_ok())
///         std::printf("AP %.3f\n", metrics->all.ap);
namespace vkseg {

/// The twelve figures of COCO (cocodataset.org/#detection-eval). ap is the mean over IoU thresholds 0.50, 0.55 … 0.95
/// of the precision at recalls 0, 0.01 … 1, with 100 detections for each picture; ar is the mean over the thresholds of
/// the recall. Small objects have up to 32², medium ones 32² to 96² and large ones 96² pixels or more. A figure is NaN
/// if there is no true object for it, where COCO's own tool gives −1.
struct AveragePrecision
{
    double ap = 0;
    double ap50 = 0; ///< at the IoU threshold 0.50
    double ap75 = 0; ///< at 0.75
    double ap_small = 0;
    double ap_medium = 0;
    double ap_large = 0;
    double ar1 = 0; ///< with the best detection of each class in each picture
    double ar10 = 0;
    double ar100 = 0;
    double ar_small = 0;
    double ar_medium = 0;
    double ar_large = 0;
};

struct CategoryPrecision
{
    int64_t category_id = 0;
    size_t objects = 0; ///< true ones, without crowds
    AveragePrecision figures;
};

struct InstanceMetrics
{
    AveragePrecision all;                      ///< means over the categories whose figure is not NaN
    std::vector<CategoryPrecision> categories; ///< every category of the truth, by id
    size_t ignored_detections = 0;             ///< their categories are not in the truth
};

enum class InstanceOverlap : uint8_t
{
    boxes,
    masks
};

/// The area by which a detection is small, medium or large. That of a true object is CocoAnnotation::area.
enum class DetectionArea : uint8_t
{
    compared, ///< the area of boxes if these are compared, otherwise of masks; as detectron2 and torchvision evaluate
    box,      ///< width · height of the box; pycocotools, also for masks, if the results hold boxes
    mask      ///< pixels of the mask; pycocotools, also for boxes, if the results hold masks only
};

struct AveragePrecisionOptions
{
    InstanceOverlap overlap = InstanceOverlap::masks; ///< compared with the IoU thresholds
    DetectionArea area = DetectionArea::compared;
};

/// Compares detections with the truth exactly as COCOeval of pycocotools does, except that an annotation with the id 0
/// may be matched. Detections of each class and picture are matched by descending score; equal scores keep the order of
/// the list. A match with a crowd, or with an object outside the range of areas, does not count, and neither does an
/// unmatched detection outside the range. Fails with invalid_argument if a detection is of an image that the truth does
/// not list, a mask is needed and missing, a mask has not the size of its image, or a score or box is not finite.
VKSEG_API Result<InstanceMetrics> average_precision(const CocoAnnotations& truth,
                                                    std::span<const CocoDetection> detections,
                                                    const AveragePrecisionOptions& options = {});

struct PanopticCategory
{
    int64_t id = 0;
    bool is_thing = true; ///< countable objects; otherwise stuff, such as sky
};

/// A segment of a panoptic segmentation: the pixels that have its id.
struct PanopticSegment
{
    uint32_t id = 0; ///< not 0, which stands for void
    int64_t category_id = 0;
    bool is_crowd = false; ///< for true segments only: a region of several objects
};

/// One id for each pixel, 0 for void, and the segments that the ids stand for.
struct PanopticSegmentation
{
    std::span<const uint32_t> ids;
    std::span<const PanopticSegment> segments;
};

/// Panoptic quality of a category, or means over categories (Kirillov et al. 2019, "Panoptic Segmentation", section 4).
/// A segment is matched if its IoU with a true one is above 0.5. NaN if there are neither true nor predicted segments.
struct PanopticFigures
{
    double pq = 0; ///< sq · rq = Σ IoU / (matched + ½ false + ½ missed)
    double sq = 0; ///< Σ IoU / matched, the mean IoU of matched segments; 0 if none is matched
    double rq = 0; ///< matched / (matched + ½ false + ½ missed)
};

/// Counts of matched segments over any number of pictures, as panopticapi counts them: void pixels of the truth do not
/// belong to unions; a predicted segment that is not matched and lies by more than half in void or in a crowd of its
/// category is not counted; crowds are never missed.
class VKSEG_API PanopticQuality
{
public:
    explicit PanopticQuality(std::span<const PanopticCategory> categories);

    /// Counts the segments of a picture. Fails with invalid_argument and counts nothing if the pictures differ in size,
    /// an id has no segment, a predicted segment has no pixels, two segments have one id, or a category is not known.
    Status add(const PanopticSegmentation& predicted, const PanopticSegmentation& truth);

    PanopticFigures of_category(int64_t id) const; ///< NaN for an unknown category
    PanopticFigures all() const;                   ///< means over the categories whose figures are not NaN
    PanopticFigures things() const;
    PanopticFigures stuff() const;

private:
    struct Counts
    {
        bool is_thing = true;
        double iou = 0;
        uint64_t matched = 0;
        uint64_t wrong = 0;
        uint64_t missed = 0;
    };
    static PanopticFigures figures_of(const Counts& counts);
    PanopticFigures mean(bool has_things, bool has_stuff) const;

    std::map<int64_t, Counts> counts_; ///< by the id of the category
};

} // namespace vkseg
