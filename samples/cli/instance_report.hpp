#pragma once

#include "vkseg/instance_metrics.hpp"

#include <filesystem>
#include <optional>

/// Average precision as tables and files.
namespace vkseg::cli {

struct InstanceReport
{
    size_t images = 0;
    size_t objects = 0; ///< true ones, without crowds
    size_t detections = 0;
    std::vector<CocoCategory> categories;
    InstanceMetrics boxes;
    std::optional<InstanceMetrics> masks;
};

/// Prints COCO's twelve figures; with `has_categories`, the figures of every category as well.
void print_instances(const InstanceReport& report, bool has_categories);
void write_instances_json(const std::filesystem::path& path, const InstanceReport& report);

} // namespace vkseg::cli
