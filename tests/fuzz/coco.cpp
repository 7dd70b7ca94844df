// The JSON of COCO's annotations and results.
#include "fuzz/target.hpp"
#include "vkseg/instance_metrics.hpp"

using namespace vkseg;

namespace {

void check_mask(const RunLengths& mask)
{
    if (mask.counts.empty())
        return;
    const std::string text = to_coco_string(mask);
    const Result<RunLengths> same = from_coco_string(text, mask.height, mask.width);
    fuzz::require(same.is_ok() && *same == mask, "a mask survives being written and read");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view text = fuzz::text_of(data, size);
    const Result<CocoAnnotations> truth = parse_coco_annotations(text, "truth");
    fuzz::require_message(truth.status());
    const Result<CocoResults> results = parse_coco_results(text, "results");
    fuzz::require_message(results.status());
    if (results.is_ok())
    {
        for (const CocoDetection& detection : results->detections)
            check_mask(detection.mask);
    }
    if (truth.is_ok())
    {
        size_t runs = 0;
        std::vector<CocoDetection> detections;
        for (const CocoAnnotation& annotation : truth->annotations)
        {
            check_mask(annotation.mask);
            runs += annotation.mask.counts.size();
            detections.push_back({.image_id = annotation.image_id,
                                  .category_id = annotation.category_id,
                                  .score = annotation.area,
                                  .box = annotation.box,
                                  .mask = annotation.mask});
        }
        const InstanceOverlap overlap = truth->has_masks ? InstanceOverlap::masks : InstanceOverlap::boxes;
        constexpr size_t max_steps = 10'000'000; // of comparing masks: the time grows with the square of the file
        if (runs * detections.size() < max_steps)
            fuzz::require_message(average_precision(*truth, detections, {.overlap = overlap}).status());
    }
    return 0;
}
