#pragma once

#include "vkseg/metrics.hpp"

#include <filesystem>
#include <string>
#include <vector>

/// What is told of a confusion matrix. `names` has one of each class.
namespace vkseg::cli {

void print_confusion(const ConfusionMatrix& matrix, const std::vector<std::string>& names);
/// The matrix, a row for each true class and a column for each label.
void write_confusion_csv(const std::filesystem::path& path, const ConfusionMatrix& matrix,
                         const std::vector<std::string>& names);
/// Figures and matrix.
void write_confusion_json(const std::filesystem::path& path, const ConfusionMatrix& matrix,
                          const std::vector<std::string>& names);
/// The matrix as a PNG: the darker, the larger the share of the row.
void write_confusion_picture(const std::filesystem::path& path, const ConfusionMatrix& matrix,
                             const std::vector<std::string>& names);

} // namespace vkseg::cli
