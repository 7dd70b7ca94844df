#include "instance_report.hpp"

#include "common.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace vkseg::cli {
namespace {

using Json = nlohmann::ordered_json;

struct NamedFigure
{
    const char* key;
    const char* title;
    double AveragePrecision::*figure;
};

constexpr NamedFigure named_figures[] = {
    {"ap", "AP", &AveragePrecision::ap},
    {"ap50", "AP50", &AveragePrecision::ap50},
    {"ap75", "AP75", &AveragePrecision::ap75},
    {"ap_small", "AP small", &AveragePrecision::ap_small},
    {"ap_medium", "AP medium", &AveragePrecision::ap_medium},
    {"ap_large", "AP large", &AveragePrecision::ap_large},
    {"ar1", "AR 1", &AveragePrecision::ar1},
    {"ar10", "AR 10", &AveragePrecision::ar10},
    {"ar100", "AR 100", &AveragePrecision::ar100},
    {"ar_small", "AR small", &AveragePrecision::ar_small},
    {"ar_medium", "AR medium", &AveragePrecision::ar_medium},
    {"ar_large", "AR large", &AveragePrecision::ar_large},
};

std::string instance_figure(double value)
{
    return std::isnan(value) ? "-" : fmt::format("{:.4f}", value);
}

std::string number_of(size_t count, const char* noun)
{
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string category_name(const InstanceReport& report, int64_t id)
{
    const auto found = std::find_if(report.categories.begin(), report.categories.end(),
                                    [&](const CocoCategory& category) { return category.id == id; });
    return found->name.empty() ? fmt::format("category {}", id) : found->name;
}

Json json_of(const AveragePrecision& precision)
{
    Json json;
    for (const NamedFigure& figure : named_figures)
        json[figure.key] = precision.*figure.figure;
    return json;
}

void print_categories(const InstanceReport& report)
{
    size_t width = 8;
    for (const CategoryPrecision& category : report.boxes.categories)
        width = std::max(width, category_name(report, category.category_id).size());
    fmt::print("{:<{}} {:>8} {:>9}", "category", width, "objects", "AP boxes");
    fmt::print("{}\n", report.masks ? "  AP masks" : "");
    for (size_t i = 0; i < report.boxes.categories.size(); ++i)
    {
        const CategoryPrecision& category = report.boxes.categories[i];
        fmt::print("{:<{}} {:>8} {:>9}", shown(category_name(report, category.category_id)), width, category.objects,
                   instance_figure(category.figures.ap));
        fmt::print("{}\n",
                   report.masks ? fmt::format(" {:>9}", instance_figure(report.masks->categories[i].figures.ap)) : "");
    }
}

} // namespace

void print_instances(const InstanceReport& report, bool has_categories)
{
    fmt::print("{}, {}, {}\n", number_of(report.images, "image"), number_of(report.objects, "object"),
               number_of(report.detections, "detection"));
    if (has_categories)
        print_categories(report);
    fmt::print("{:<9} {:>8}{}\n", "", "boxes", report.masks ? "    masks" : "");
    for (const NamedFigure& figure : named_figures)
    {
        fmt::print("{:<9} {:>8}", figure.title, instance_figure(report.boxes.all.*figure.figure));
        fmt::print("{}\n",
                   report.masks ? fmt::format(" {:>8}", instance_figure(report.masks->all.*figure.figure)) : "");
    }
}

void write_instances_json(const std::filesystem::path& path, const InstanceReport& report)
{
    Json categories = Json::array();
    for (size_t i = 0; i < report.boxes.categories.size(); ++i)
    {
        const CategoryPrecision& category = report.boxes.categories[i];
        Json json = {{"id", category.category_id},
                     {"name", category_name(report, category.category_id)},
                     {"objects", category.objects},
                     {"boxes", json_of(category.figures)}};
        if (report.masks)
            json["masks"] = json_of(report.masks->categories[i].figures);
        categories.push_back(std::move(json));
    }
    Json json = {{"images", report.images},
                 {"objects", report.objects},
                 {"detections", report.detections},
                 {"boxes", json_of(report.boxes.all)}};
    if (report.masks)
        json["masks"] = json_of(report.masks->all);
    json["categories"] = std::move(categories);
    const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; // NaN becomes null
    write_file(path, std::as_bytes(std::span(text)));
}

} // namespace vkseg::cli
