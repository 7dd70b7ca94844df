#include "base/mapped_file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "segment/coco_entry.hpp"
#include "vkseg/coco.hpp"

#include <algorithm>

namespace vkseg {
namespace {

/// pycocotools takes an empty list for no box.
bool has_box(const CocoEntry& entry)
{
    const Json* json = entry.find("bbox");
    return json != nullptr && !(json->is_array() && json->empty());
}

Status read_detection(const CocoEntry& entry, const CocoResults& results, CocoDetection& detection)
{
    VKSEG_TRY(entry.read("image_id", detection.image_id));
    VKSEG_TRY(entry.read("category_id", detection.category_id));
    VKSEG_TRY(entry.read("score", detection.score));
    if (!has_box(entry) && !entry.has("segmentation"))
        return entry.wrong("expected a bbox or a segmentation");
    if (has_box(entry) != results.has_boxes)
        return entry.wrong("bbox", results.has_boxes ? "expected a box as in the first entry, got nothing"
                                                     : "expected no box, as in the first entry");
    if (entry.has("segmentation") != results.has_masks)
        return entry.wrong("segmentation", results.has_masks ? "expected a mask as in the first entry, got nothing"
                                                             : "expected no mask, as in the first entry");
    if (results.has_masks)
        VKSEG_TRY(entry.read_run_lengths("segmentation", detection.mask));
    if (results.has_boxes)
        return entry.read_box("bbox", detection.box);
    const PixelBox bounds = mask_bounds(detection.mask);
    detection.box = {double(bounds.x), double(bounds.y), double(bounds.width), double(bounds.height)};
    return {};
}

} // namespace

Result<CocoResults> parse_coco_results(std::string_view text, const std::string& who)
{
    VKSEG_ASSIGN(const Json json, parse_coco(text, who));
    if (!json.is_array())
        return Status(StatusCode::invalid_argument, who + ": expected a list of detections, got " + shown_json(json));
    CocoResults results;
    const std::string name = who + ": results";
    for (size_t i = 0; i < json.size(); ++i)
    {
        const CocoEntry entry(json[i], name, i);
        VKSEG_TRY(entry.check_object());
        if (i == 0)
        {
            results.has_boxes = has_box(entry);
            results.has_masks = entry.has("segmentation");
        }
        VKSEG_TRY(read_detection(entry, results, results.detections.emplace_back()));
    }
    return results;
}

Result<CocoResults> read_coco_results(const std::filesystem::path& path)
{
    VKSEG_ASSIGN(const FileBytes file, map_file(path));
    return parse_coco_results({reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()}, text_of(path));
}

std::vector<CocoDetection> to_coco_detections(std::span<const Instance> instances, int64_t image_id)
{
    std::vector<CocoDetection> detections;
    for (const Instance& instance : instances)
    {
        const auto [x1, y1, x2, y2] = instance.box;
        detections.push_back({.image_id = image_id,
                              .category_id = instance.label,
                              .score = instance.score,
                              .box = {x1, y1, double(x2) - x1, double(y2) - y1},
                              .mask = instance.mask});
    }
    return detections;
}

std::string to_coco_results(std::span<const CocoDetection> detections)
{
    std::string text = "[";
    for (const CocoDetection& detection : detections)
    {
        nlohmann::ordered_json json = {{"image_id", detection.image_id},
                                       {"category_id", detection.category_id},
                                       {"bbox", detection.box},
                                       {"score", detection.score}};
        const RunLengths& mask = detection.mask;
        if (!mask.counts.empty())
            json["segmentation"] = {{"size", {mask.height, mask.width}}, {"counts", to_coco_string(mask)}};
        text += (text.size() > 1 ? ",\n" : "\n") + json.dump();
    }
    return text + "\n]\n";
}

std::string to_coco_results(std::span<const Instance> instances, int64_t image_id)
{
    return to_coco_results(to_coco_detections(instances, image_id));
}

} // namespace vkseg
