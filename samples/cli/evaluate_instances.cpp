#include "commands.hpp"
#include "instance_report.hpp"
#include "load_segmenter.hpp"
#include "pictures.hpp"

#include <algorithm>

namespace vkseg::cli {
namespace {

/// Options of label maps, which do not apply; and, if detections come from a file, those of models.
void refuse_options_of_masks(const EvaluateOptions& options)
{
    const bool has_file = !options.instances.empty();
    const std::pair<const char*, bool> given[] = {
        {"a model", has_file && !options.segmenter.model.model.empty()},
        {"--pictures", has_file && !options.pictures.empty()},
        {"--masks", !options.masks.empty()},
        {"--classes", !options.classes.empty()},
        {"--ignore", options.ignore >= 0},
        {"--map", !options.maps.empty()},
        {"--binary", options.is_binary},
        {"--csv", !options.csv.empty()},
        {"--picture", !options.picture.empty()},
        {"--refine", !options.segmenter.refine.empty()},
    };
    for (const auto& [name, is_given] : given)
    {
        if (is_given)
            throw Failure(wrong_usage, fmt::format("{}, with --truth, --json and --verbose; {} does not apply",
                                                   has_file ? "--instances compares two JSON files"
                                                            : "instances are compared with COCO annotations",
                                                   name));
    }
}

InstanceMetrics compare(const CocoAnnotations& truth, const CocoResults& results, InstanceOverlap overlap)
{
    const DetectionArea area = results.has_boxes ? DetectionArea::box : DetectionArea::mask; // as pycocotools
    Result<InstanceMetrics> metrics = average_precision(truth, results.detections, {.overlap = overlap, .area = area});
    if (!metrics.is_ok())
        throw Failure(metrics.status());
    return *std::move(metrics);
}

void report(CocoAnnotations truth, const CocoResults& results, const EvaluateOptions& options)
{
    InstanceReport report = {.images = truth.images.size(), .detections = results.detections.size()};
    report.boxes = compare(truth, results, InstanceOverlap::boxes);
    const bool has_masks = truth.has_masks && (results.has_masks || results.detections.empty());
    if (has_masks)
        report.masks = compare(truth, results, InstanceOverlap::masks);
    for (const CategoryPrecision& category : report.boxes.categories)
        report.objects += category.objects;
    report.categories = std::move(truth.categories);
    print_instances(report, options.common.verbose);
    if (!has_masks && !results.detections.empty())
        fmt::print("masks are not compared: {}\n",
                   results.has_masks ? "some objects of the truth have none" : "the results have none");
    if (report.boxes.ignored_detections > 0)
        fmt::print(stderr, "warning: ignored detections of categories that {} does not list: {}\n",
                   shown(options.truth), report.boxes.ignored_detections);
    if (!options.json.empty())
        write_instances_json(path_of(options.json), report);
}

/// The picture of an image, which the annotations name; names that lead out of the folder are refused.
std::filesystem::path picture_of(const CocoImage& image, size_t index, const std::string& folder)
{
    const std::filesystem::path name = path_of(image.file_name);
    const bool leads_out = name.has_root_path() || std::ranges::find(name, std::filesystem::path("..")) != name.end();
    if (image.file_name.empty() || leads_out || image.file_name.find('\0') != std::string::npos)
        throw Failure(bad_input, fmt::format("images[{}].file_name: expected the name of a picture in {}, got '{}'",
                                             index, shown(folder), shown(image.file_name)));
    return path_of(folder) / name;
}

/// The detections of a model in all pictures that the annotations list. Labels are ids of categories.
CocoResults find_in_pictures(const CocoAnnotations& truth, const EvaluateOptions& options)
{
    const Device device = open_device(options.common);
    Progress plan_progress("plan");
    SessionOptions session_options = session_options_of(options.common);
    plan_progress.report_from(session_options);
    Segmenter segmenter = load_segmenter(device, options.segmenter, session_options);
    if (!segmenter.finds_instances())
        throw Failure(wrong_usage, fmt::format("{}: the model gives classes of pixels; compare them with label maps, "
                                               "not with annotations of instances",
                                               options.segmenter.model.model));
    CocoResults results;
    results.has_boxes = true;
    results.has_masks = true;
    Progress progress("evaluate");
    for (size_t i = 0; i < truth.images.size(); ++i)
    {
        const CocoImage& image = truth.images[i];
        const std::filesystem::path file = picture_of(image, i, options.pictures);
        const Picture picture = read_picture(file);
        if (picture.width != image.width || picture.height != image.height)
            throw Failure(bad_input,
                          fmt::format("{}: the annotations are of {}x{} pixels, the picture has {}x{}",
                                      shown(file.string()), image.width, image.height, picture.width, picture.height));
        const Result<Detections> found = segmenter.find_instances(picture.view());
        if (!found.is_ok())
            throw Failure(found.status().with_context(file.string()));
        for (CocoDetection& detection : to_coco_detections(found->instances, image.id))
        {
            results.has_masks = results.has_masks && !detection.mask.counts.empty();
            results.detections.push_back(std::move(detection));
        }
        progress.show(double(i + 1) / double(truth.images.size()));
    }
    print_warnings(segmenter.warnings());
    check_validation(device);
    return results;
}

} // namespace

void evaluate_instances(const EvaluateOptions& options)
{
    refuse_options_of_masks(options);
    CocoAnnotations truth = take(read_coco_annotations(path_of(options.truth)));
    const CocoResults results = options.instances.empty() ? find_in_pictures(truth, options)
                                                          : take(read_coco_results(path_of(options.instances)));
    report(std::move(truth), results, options);
}

} // namespace vkseg::cli
