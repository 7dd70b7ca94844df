#pragma once

#include "vkseg/metrics.hpp"

#include <filesystem>
#include <string>
#include <vector>

/// Reports of a confusion matrix. `names` holds one name per class.
namespace vkseg::cli {

void print_confusion(const ConfusionMatrix& matrix, const std::vector<std::string>& names);
/// Writes the matrix, with a row for each true class and a column for each label.
void write_confusion_csv(const std::filesystem::path& path, const ConfusionMatrix& matrix,
                         const std::vector<std::string>& names);
/// Writes the metrics and the matrix.
void write_confusion_json(const std::filesystem::path& path, const ConfusionMatrix& matrix,
                          const std::vector<std::string>& names);
/// Writes the matrix as a PNG: the darker a cell, the larger its share of the row.
void write_confusion_picture(const std::filesystem::path& path, const ConfusionMatrix& matrix,
                             const std::vector<std::string>& names);

} // namespace vkseg::cli
