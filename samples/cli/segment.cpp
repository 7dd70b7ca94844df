#include "commands.hpp"
#include "label_map.hpp"
#include "pictures.hpp"

#include "vkseg/segment.hpp"

#include <algorithm>
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
        const std::string stem = fs::path(picture).stem().string();
        if (!stems.insert(stem).second)
            throw Failure(wrong_usage, fmt::format("two pictures would both write {}_mask.png", stem));
    }
}

std::vector<Colour> palette_of(const Segmenter& segmenter)
{
    std::vector<Colour> palette;
    for (size_t label = 0; label < 256; ++label)
        palette.push_back(segmenter.colour(label));
    return palette;
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
    const bool is_soft = description.classes.size() == 2 || description.soft_class >= 0;
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

} // namespace

void run_segment(const SegmentOptions& options)
{
    check_names(options.pictures);
    const Device device = open_device(options.common);
    Progress progress("plan");
    SessionOptions session_options = session_options_of(options.common);
    session_options.timing = device.description().has_timestamps ? Timing::nodes : Timing::none;
    progress.report_from(session_options);
    const Stopwatch load;
    Segmenter segmenter = load_segmenter(device, options.segmenter, session_options);
    fmt::print("model: {}, loaded in {:.1f} ms\n", options.segmenter.model.model, load.ms());
    make_directory(options.output_directory);
    if (!options.labels_directory.empty())
        make_directory(options.labels_directory);
    const std::vector<Colour> palette = palette_of(segmenter);
    for (const std::string& file : options.pictures)
    {
        const Stopwatch read;
        const Picture picture = read_picture(file, {.max_pixels = options.max_megapixels * 1'000'000});
        const double read_ms = read.ms();
        Result<Segmentation> segmentation = segmenter.segment(picture.view());
        if (!segmentation.is_ok())
            throw Failure(segmentation.status().with_context(file));
        const Stopwatch write;
        const fs::path base = fs::path(options.output_directory) / fs::path(file).stem();
        write_results(base, picture, *segmentation, segmenter, palette);
        if (!options.labels_directory.empty())
            write_label_map(fs::path(options.labels_directory) / fs::path(file).stem().concat("_labels.png"),
                            *segmentation);
        fmt::print("{}: {}x{}\n", file, picture.width, picture.height);
        print_classes(segmenter, *segmentation);
        print_times(read_ms, segmentation->times, write.ms());
        if (options.common.verbose)
            fmt::print("  wrote {}_mask.png, {}_overlay.png\n", base.string(), base.string());
    }
    print_warnings(segmenter.warnings());
    check_validation(device);
}

} // namespace vkseg::cli
