#include "commands.hpp"
#include "confusion_report.hpp"
#include "label_map.hpp"
#include "label_values.hpp"
#include "picture_pairs.hpp"

#include "vkseg/metrics.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

namespace vkseg::cli {
namespace {

namespace fs = std::filesystem;

/// Labels a picture, or reads its labels from a file.
using Labeller = std::function<Picture(const fs::path&)>;

std::vector<std::string> numbered(std::vector<std::string> names, size_t count)
{
    for (size_t i = names.size(); i < count; ++i)
        names.push_back(fmt::format("class {}", i));
    names.resize(count);
    return names;
}

/// Names of the classes. The option is their number or a description that holds them.
std::vector<std::string> read_classes(const std::string& option, const std::vector<std::string>& known)
{
    size_t count = 0;
    const char* const end = option.data() + option.size();
    const auto [stop, error] = std::from_chars(option.data(), end, count);
    if (stop == end && error == std::errc())
    {
        if (count < 1 || count > ConfusionMatrix::max_classes)
            throw Failure(wrong_usage,
                          fmt::format("--classes: expected 1 to {}, got {}", ConfusionMatrix::max_classes, count));
        return numbered(known, count);
    }
    const std::vector<std::byte> file = read_file(path_of(option));
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    std::vector<std::string> names = take(parse_description(text, option)).classes;
    if (names.empty())
        throw Failure(bad_input, fmt::format("{}: names no classes", option));
    return names;
}

std::optional<uint8_t> ignored_label(const EvaluateOptions& options)
{
    return options.ignore < 0 ? std::nullopt : std::optional(uint8_t(options.ignore));
}

LabelValues label_values(const EvaluateOptions& options, size_t classes)
{
    return LabelValues(
        {.classes = classes, .ignore = ignored_label(options), .maps = options.maps, .is_binary = options.is_binary});
}

struct Comparison
{
    ConfusionMatrix matrix;
    size_t pictures = 0;
    uint64_t ignored_pixels = 0;
};

Comparison compare(const std::vector<PicturePair>& pairs, size_t classes, const EvaluateOptions& options,
                   const Labeller& labels_of)
{
    const LabelValues values = label_values(options, classes);
    Comparison result = {.matrix = ConfusionMatrix(classes), .pictures = pairs.size()};
    uint64_t pixels = 0;
    Progress progress("evaluate");
    for (size_t i = 0; i < pairs.size(); ++i)
    {
        const auto& [truth_file, other_file] = pairs[i];
        Picture truth = read_label_map(truth_file);
        values.convert_truth(truth, truth_file);
        const Picture labels = labels_of(other_file);
        if (labels.width != truth.width || labels.height != truth.height)
            throw Failure(bad_input,
                          fmt::format("{}: expected {}x{} pixels as in {}, got {}x{}", other_file.string(), truth.width,
                                      truth.height, truth_file.string(), labels.width, labels.height));
        pixels += truth.pixels.size();
        const Status status = result.matrix.add(labels.pixels, truth.pixels, ignored_label(options));
        if (!status.is_ok())
            throw Failure(bad_input, fmt::format("{} with the truth {}: {}; {}", other_file.string(),
                                                 truth_file.string(), status.message(), values.advice()));
        progress.show(double(i + 1) / double(pairs.size()));
    }
    result.ignored_pixels = pixels - result.matrix.pixels();
    return result;
}

void report(const Comparison& comparison, const std::vector<std::string>& names, const EvaluateOptions& options)
{
    const ConfusionMatrix& matrix = comparison.matrix;
    fmt::print("{} picture{}, {} pixels{}\n", comparison.pictures, comparison.pictures == 1 ? "" : "s", matrix.pixels(),
               options.ignore < 0 ? "" : fmt::format(", {} more are ignored", comparison.ignored_pixels));
    print_confusion(matrix, names);
    if (comparison.ignored_pixels > 0 && matrix.pixels() > 0 && matrix.of_class(0).truth_pixels == matrix.pixels())
        fmt::print(
            stderr,
            "warning: the truth has only class 0 and the ignored value {}; use --binary for masks of 0 and 255\n",
            options.ignore);
    if (!options.csv.empty())
        write_confusion_csv(path_of(options.csv), matrix, names);
    if (!options.json.empty())
        write_confusion_json(path_of(options.json), matrix, names);
    if (!options.picture.empty())
        write_confusion_picture(path_of(options.picture), matrix, names);
}

void evaluate_masks(const EvaluateOptions& options)
{
    if (options.classes.empty())
        throw Failure(wrong_usage, "--masks needs --classes: the number of classes, or a description with their names");
    const std::vector<std::string> names = read_classes(options.classes, {});
    const PicturePairs pictures = pair_pictures(path_of(options.truth), path_of(options.masks));
    if (!pictures.spare.empty())
        throw Failure(bad_input, without_partner(pictures.spare, path_of(options.truth)));
    const LabelValues values = label_values(options, names.size());
    const auto read = [&](const fs::path& file)
    {
        Picture labels = read_label_map(file);
        values.convert_mask(labels, file);
        return labels;
    };
    report(compare(pictures.pairs, names.size(), options, read), names, options);
}

void evaluate_model(const EvaluateOptions& options)
{
    const PicturePairs pictures = pair_pictures(path_of(options.truth), path_of(options.pictures));
    const Device device = open_device(options.common);
    Progress progress("plan");
    SessionOptions session_options = session_options_of(options.common);
    progress.report_from(session_options);
    Segmenter segmenter = load_segmenter(device, options.segmenter, session_options);
    std::vector<std::string> names = segmenter.description().classes;
    const size_t described = names.size();
    if (!options.classes.empty())
        names = read_classes(options.classes, names);
    if (names.size() < described)
        throw Failure(wrong_usage,
                      fmt::format("--classes: expected at least the {} that the model's description names, got {}",
                                  described, names.size()));
    if (names.empty())
        throw Failure(wrong_usage, fmt::format("{}: the description names no classes; give their number with --classes",
                                               options.segmenter.model.model));
    if (!pictures.spare.empty())
        fmt::print("skipped: {} pictures without truth, such as {}\n", pictures.spare.size(),
                   shown(pictures.spare.front().string()));
    const auto segment = [&](const fs::path& file) -> Picture
    {
        const Picture picture = read_picture(file);
        Result<Segmentation> segmentation = segmenter.segment(picture.view());
        if (!segmentation.is_ok())
            throw Failure(segmentation.status().with_context(file.string()));
        return {
            .width = picture.width, .height = picture.height, .channels = 1, .pixels = std::move(segmentation->labels)};
    };
    report(compare(pictures.pairs, names.size(), options, segment), names, options);
    print_warnings(segmenter.warnings());
    check_validation(device);
}

} // namespace

void run_evaluate(const EvaluateOptions& options)
{
    if (!options.instances.empty())
        return evaluate_instances(options);
    const bool has_masks = !options.masks.empty();
    if (has_masks && (!options.segmenter.model.model.empty() || !options.pictures.empty()))
        throw Failure(wrong_usage, "expected either --masks, or a model and --pictures");
    if (!has_masks && (options.segmenter.model.model.empty() || options.pictures.empty()))
        throw Failure(wrong_usage, "expected --masks, --instances, or a model and --pictures");
    if (!has_masks && path_of(options.truth).extension() == ".json")
        return evaluate_instances(options);
    if (has_masks)
        evaluate_masks(options);
    else
        evaluate_model(options);
}

} // namespace vkseg::cli
