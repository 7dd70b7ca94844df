#pragma once

#include "vkseg/instances.hpp"

#include <filesystem>

/// Files in COCO's format for the detection of objects (cocodataset.org/#format-data and #format-results).
///
///     Result<CocoAnnotations> truth = read_coco_annotations("instances_val2017.json");
///     Result<CocoResults> results = read_coco_results("results.json");
///
/// Keys that are not named here are ignored. Failures have the code invalid_argument, and their messages name the
/// entry, as in "truth.json: annotations[3].bbox". Memory is in proportion to the size of the file, not of the
/// pictures. A build with VKSEG_DESCRIPTIONS=OFF has the types, but none of the functions.
namespace vkseg {

struct CocoImage
{
    int64_t id = 0;
    int64_t height = 0;
    int64_t width = 0;
    std::string file_name; ///< may be empty
};

struct CocoCategory
{
    int64_t id = 0;
    std::string name; ///< may be empty
};

/// A true object.
struct CocoAnnotation
{
    int64_t id = 0;
    int64_t image_id = 0;
    int64_t category_id = 0;
    std::array<double, 4> box = {}; ///< x, y, width, height in pixels
    double area = 0;       ///< in pixels; if the file does not say, the mask's, or the box's if there is no mask
    bool is_crowd = false; ///< a region of several objects
    RunLengths mask;       ///< no counts if the file has none
};

struct CocoAnnotations
{
    std::vector<CocoImage> images;
    std::vector<CocoCategory> categories;
    std::vector<CocoAnnotation> annotations;
    bool has_masks = false; ///< every annotation has one, and there is an annotation
};

/// An object that was found.
struct CocoDetection
{
    int64_t image_id = 0;
    int64_t category_id = 0;
    double score = 0;
    std::array<double, 4> box = {}; ///< x, y, width, height in pixels
    RunLengths mask;                ///< no counts if there is none
};

struct CocoResults
{
    std::vector<CocoDetection> detections;
    bool has_boxes = false; ///< if not set, boxes are the bounds of the masks
    bool has_masks = false;
};

/// Reads annotations from JSON: "images" with "id", "height" and "width", "categories" with "id" and "name",
/// "annotations" with "id", "image_id", "category_id" and "bbox"; "iscrowd", "area" and "segmentation" may be left out.
/// A segmentation is a list of polygons, or {"size": [height, width], "counts": lengths or their compressed text}; an
/// empty list is none. Ids must be unique, and those of images and categories must be in the file. Messages begin with
/// `who`.
VKSEG_API Result<CocoAnnotations> parse_coco_annotations(std::string_view json, const std::string& who);
VKSEG_API Result<CocoAnnotations> read_coco_annotations(const std::filesystem::path& path);

/// Reads results from JSON: a list of objects with "image_id", "category_id", "score" and "bbox" or "segmentation" or
/// both. All entries must have the same ones of these two. A segmentation is as above, except that there are no
/// polygons.
VKSEG_API Result<CocoResults> parse_coco_results(std::string_view json, const std::string& who);
VKSEG_API Result<CocoResults> read_coco_results(const std::filesystem::path& path);

/// The instances of a picture as detections; labels become category ids.
VKSEG_API std::vector<CocoDetection> to_coco_detections(std::span<const Instance> instances, int64_t image_id);

/// Writes results as JSON, with a line for each detection: {image_id, category_id, bbox, score, segmentation}. The last
/// is left out of detections without a mask. Numbers that are not finite become null.
VKSEG_API std::string to_coco_results(std::span<const CocoDetection> detections);
VKSEG_API std::string to_coco_results(std::span<const Instance> instances, int64_t image_id);

} // namespace vkseg
