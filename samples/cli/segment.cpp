#include "commands.hpp"
#include "instance_pictures.hpp"
#include "label_map.hpp"
#include "pictures.hpp"
#include "trace_file.hpp"

#include "vkseg/coco.hpp"
#include "vkseg/segment.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace vkseg::cli {
namespace {

namespace fs = std::filesystem;

/// Fails if two pictures share a name: their masks would overwrite each other.
void check_names(const std::vector<std::string>& pictures)
{
    std::set<std::string> stems;
    for (const std::string& picture : pictures)
    {
        const std::string stem = path_of(picture).stem().string();
        if (!stems.insert(stem).second)
            throw Failure(wrong_usage, fmt::format("two pictures would both write {}_mask.png", stem));
    }
}

/// Lists the shares of the classes that cover at least one pixel in a thousand.
void print_classes(const Segmenter& segmenter, const Segmentation& segmentation)
{
    std::vector<size_t> counts(256);
    for (const uint8_t label : segmentation.labels)
        ++counts[label];
    std::string text;
    for (size_t label = 0; label < counts.size(); ++label)
    {
        const double share = 100.0 * double(counts[label]) / double(segmentation.labels.size());
        if (share >= 0.1)
            text += fmt::format("{}{} {:.1f} %", text.empty() ? "" : ", ", shown(segmenter.class_name(label)), share);
    }
    fmt::print("  {}\n", text);
}

void print_times(double read_ms, const StageTimes& times, double write_ms)
{
    fmt::print("  read {:.1f} ms, plan {:.1f} ms, run {:.1f} ms", read_ms, times.plan_ms, times.total_ms);
    if (times.network_ms > 0)
        fmt::print(" (on the device: prepare {:.2f} ms, network {:.2f} ms, {}mask {:.2f} ms)", times.prepare_ms,
                   times.network_ms, times.refine_ms > 0 ? fmt::format("CRF {:.2f} ms, ", times.refine_ms) : "",
                   times.mask_ms);
    fmt::print(", write {:.1f} ms\n", write_ms);
}

void write_results(const fs::path& base, const Picture& picture, const Segmentation& segmentation,
                   const Segmenter& segmenter, const std::vector<Colour>& palette)
{
    const ModelDescription& description = segmenter.description();
    const bool is_soft = has_soft_mask(description);
    const auto path = [&](const char* what) { return fs::path(base).concat(what); };
    Picture mask = {.width = picture.width, .height = picture.height, .channels = 1, .pixels = {}};
    mask.pixels = is_soft ? segmentation.soft_mask : segmentation.labels;
    if (is_soft)
    {
        const size_t label = description.soft_class >= 0 ? size_t(description.soft_class) : 1;
        write_png(path("_mask.png"), mask);
        write_png(path("_overlay.png"), make_soft_overlay(picture, segmentation, palette[label]));
        write_png(path("_cutout.png"), make_cutout(picture, segmentation));
        return;
    }
    write_indexed_png(path("_mask.png"), mask, palette);
    write_png(path("_overlay.png"), make_overlay(picture, segmentation, palette));
}

/// Keeps the instances of at least this score, and those pixels of the id map.
void drop_below(double min_score, Detections& detections)
{
    const auto is_below = [&](const Instance& instance) { return instance.score < float(min_score); };
    const auto first = std::ranges::find_if(detections.instances, is_below); // in falling order of scores
    const auto kept = size_t(first - detections.instances.begin());
    detections.instances.erase(first, detections.instances.end());
    for (uint8_t& id : detections.ids)
        id = id > kept ? uint8_t(0) : id;
}

void print_instances(const Segmenter& segmenter, const Detections& detections)
{
    std::map<int64_t, int> counts;
    for (const Instance& instance : detections.instances)
        ++counts[instance.label];
    std::string text;
    for (const auto& [label, count] : counts)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, shown(segmenter.class_name(size_t(label))));
    fmt::print("  {}\n", text.empty() ? "no instances" : text);
}

void write_instances(const fs::path& base, const Picture& picture, const Detections& detections,
                     const Segmenter& segmenter)
{
    const auto path = [&](const char* what) { return fs::path(base).concat(what); };
    if (!detections.ids.empty())
        write_indexed_png(path("_mask.png"), make_id_map(detections), instance_palette());
    write_png(path("_overlay.png"), make_instance_overlay(picture, detections, segmenter));
    const std::string json = to_coco_results(detections.instances, /* image_id= */ 1);
    write_file(path("_instances.json"), std::as_bytes(std::span(json)));
}

Picture traced_picture(const std::string& file, const SegmentOptions& options)
{
    const ProgramSpan span("read picture");
    return read_picture(path_of(file), {.max_pixels = options.max_megapixels * 1'000'000});
}

/// Results of one picture: what to write, and the times to print.
StageTimes segment_picture(Segmenter& segmenter, const Picture& picture, const std::string& file,
                           const SegmentOptions& options, const std::vector<Colour>& palette, double& write_ms)
{
    const fs::path stem = path_of(file).stem();
    const fs::path base = path_of(options.output) / stem;
    if (segmenter.finds_instances())
    {
        Result<Detections> detections = segmenter.find_instances(picture.view());
        if (!detections.is_ok())
            throw Failure(detections.status().with_context(file));
        const ProgramSpan span("write results");
        const Stopwatch write;
        drop_below(options.min_score, *detections);
        write_instances(base, picture, *detections, segmenter);
        write_ms = write.ms();
        fmt::print("{}: {}x{}\n", file, picture.width, picture.height);
        print_instances(segmenter, *detections);
        return detections->times;
    }
    const Result<Segmentation> segmentation = segmenter.segment(picture.view());
    if (!segmentation.is_ok())
        throw Failure(segmentation.status().with_context(file));
    const ProgramSpan span("write results");
    const Stopwatch write;
    write_results(base, picture, *segmentation, segmenter, palette);
    if (!options.labels_directory.empty())
        write_label_map(path_of(options.labels_directory) / fs::path(stem).concat("_labels.png"), *segmentation);
    write_ms = write.ms();
    fmt::print("{}: {}x{}\n", file, picture.width, picture.height);
    print_classes(segmenter, *segmentation);
    return segmentation->times;
}

} // namespace

void run_segment(const SegmentOptions& given)
{
    SegmentOptions options = given;
    if (options.output.empty())
        options.output = ".";
    if (std::isnan(options.min_score))
        throw Failure(wrong_usage, "--min-score: expected a number from 0 to 1, got nan");
    check_names(options.pictures);
    TraceFile trace(path_of(options.common.trace));
    const Device device = open_device(options.common);
    Progress progress("plan");
    SessionOptions session_options = session_options_of(options.common);
    session_options.timing = device.description().has_timestamps ? Timing::nodes : Timing::none;
    progress.report_from(session_options);
    const Stopwatch load;
    Segmenter segmenter = load_segmenter(device, options.segmenter, session_options);
    fmt::print("model: {}, loaded in {:.1f} ms\n", options.segmenter.model.model, load.ms());
    make_directory(path_of(options.output));
    const bool finds_instances = segmenter.finds_instances();
    if (finds_instances && !options.labels_directory.empty())
        throw Failure(wrong_usage, "--labels is for networks that give classes of pixels; this one finds instances");
    if (!options.labels_directory.empty())
        make_directory(path_of(options.labels_directory));
    const std::vector<Colour> palette = palette_of(segmenter);
    for (const std::string& file : options.pictures)
    {
        const Stopwatch read;
        const Picture picture = traced_picture(file, options);
        const double read_ms = read.ms();
        double write_ms = 0;
        const StageTimes times = segment_picture(segmenter, picture, file, options, palette, write_ms);
        print_times(read_ms, times, write_ms);
        if (options.common.verbose)
            fmt::print("  wrote {0}_mask.png, {0}_overlay.png{1}\n",
                       (path_of(options.output) / path_of(file).stem()).string(),
                       finds_instances ? " and _instances.json" : "");
    }
    print_warnings(segmenter.warnings());
    check_validation(device);
    trace.finish("vkseg segment " + options.segmenter.model.model, device);
}

} // namespace vkseg::cli
