#include "confusion_report.hpp"

#include "common.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace vkseg::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string figure(double value)
{
    return std::isnan(value) ? "-" : fmt::format("{:.4f}", value);
}

/// A field of a CSV file (RFC 4180, section 2).
std::string field(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char c : text)
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + '"';
}

void write_text(const std::filesystem::path& path, const std::string& text)
{
    write_file(path, std::as_bytes(std::span(text)));
}

} // namespace

void print_confusion(const ConfusionMatrix& matrix, const std::vector<std::string>& names)
{
    size_t width = 5;
    for (const std::string& name : names)
        width = std::max(width, name.size());
    fmt::print("{:<{}} {:>8} {:>8} {:>8} {:>14}\n", "class", width, "IoU", "accuracy", "Dice", "pixels");
    for (size_t label = 0; label < matrix.classes(); ++label)
    {
        const ClassMetrics one = matrix.of_class(label);
        fmt::print("{:<{}} {:>8} {:>8} {:>8} {:>14}\n", shown(names[label]), width, figure(one.iou),
                   figure(one.accuracy), figure(one.dice), one.truth_pixels);
    }
    const SegmentationMetrics all = matrix.metrics();
    fmt::print("pixel accuracy         {:>6}\n", figure(all.pixel_accuracy));
    fmt::print("mean accuracy          {:>6}\n", figure(all.mean_accuracy));
    fmt::print("mean IoU               {:>6}\n", figure(all.mean_iou));
    fmt::print("frequency-weighted IoU {:>6}\n", figure(all.frequency_weighted_iou));
    fmt::print("mean Dice              {:>6}\n", figure(all.mean_dice));
}

void write_confusion_csv(const std::filesystem::path& path, const ConfusionMatrix& matrix,
                         const std::vector<std::string>& names)
{
    std::string text = "truth";
    for (const std::string& name : names)
        text += "," + field(name);
    text += "\n";
    for (size_t truth = 0; truth < matrix.classes(); ++truth)
    {
        text += field(names[truth]);
        for (size_t label = 0; label < matrix.classes(); ++label)
            text += fmt::format(",{}", matrix.count(truth, label));
        text += "\n";
    }
    write_text(path, text);
}

void write_confusion_json(const std::filesystem::path& path, const ConfusionMatrix& matrix,
                          const std::vector<std::string>& names)
{
    Json classes = Json::array();
    Json rows = Json::array();
    for (size_t truth = 0; truth < matrix.classes(); ++truth)
    {
        const ClassMetrics one = matrix.of_class(truth);
        classes.push_back({{"name", names[truth]},
                           {"iou", one.iou},
                           {"accuracy", one.accuracy},
                           {"dice", one.dice},
                           {"truth_pixels", one.truth_pixels},
                           {"labelled_pixels", one.labelled_pixels}});
        Json row = Json::array();
        for (size_t label = 0; label < matrix.classes(); ++label)
            row.push_back(matrix.count(truth, label));
        rows.push_back(std::move(row));
    }
    const SegmentationMetrics all = matrix.metrics();
    const Json json = {{"pixels", matrix.pixels()},
                       {"pixel_accuracy", all.pixel_accuracy},
                       {"mean_accuracy", all.mean_accuracy},
                       {"mean_iou", all.mean_iou},
                       {"frequency_weighted_iou", all.frequency_weighted_iou},
                       {"mean_dice", all.mean_dice},
                       {"classes", std::move(classes)},
                       {"confusion_matrix", std::move(rows)}};
    write_text(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"); // NaN becomes null
}

} // namespace vkseg::cli
