#pragma once

#include "vkseg/export.hpp"
#include "vkseg/status.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// Quality of segmentations, from predicted and true labels of pixels:
///
///     ConfusionMatrix matrix(21);
///     const Status status = matrix.add(segmentation.labels, truth, 255); // for each picture
///     const double mean_iou = matrix.metrics().mean_iou;
///
/// In the formulas, n_ij is the number of pixels of class i that were labelled j, t_i = Σ_j n_ij the number of pixels
/// of class i, and p_i = Σ_j n_ji the number of pixels labelled i.
namespace vkseg {

/// Metrics of one class. A figure that would be 0 / 0 is NaN.
struct ClassMetrics
{
    uint64_t truth_pixels = 0;    ///< t_i
    uint64_t labelled_pixels = 0; ///< p_i
    double iou = 0;               ///< intersection over union, n_ii / (t_i + p_i − n_ii)
    double accuracy = 0;          ///< n_ii / t_i
    double dice = 0;              ///< 2 n_ii / (t_i + p_i)
};

/// Metrics of all classes together (Long et al. 2015, "Fully Convolutional Networks for Semantic Segmentation", section
/// 5). Means are over the classes whose figure is not NaN: a class in neither truth nor labels counts in no mean; a
/// class in the labels only counts as 0 in the mean IoU and Dice. NaN if there are no pixels.
struct SegmentationMetrics
{
    double pixel_accuracy = 0;         ///< Σ_i n_ii / Σ_i t_i
    double mean_accuracy = 0;          ///< mean of n_ii / t_i
    double mean_iou = 0;               ///< mean of n_ii / (t_i + p_i − n_ii)
    double frequency_weighted_iou = 0; ///< Σ_i t_i IoU_i / Σ_i t_i
    double mean_dice = 0;              ///< mean of 2 n_ii / (t_i + p_i)
};

/// Counts of pixels by true and predicted class, over any number of pictures.
class VKSEG_API ConfusionMatrix
{
public:
    static constexpr size_t max_classes = 256;

    explicit ConfusionMatrix(size_t classes); ///< 1 to max_classes, asserted.

    /// Counts the pixels of a picture, except those whose truth is `ignore`. Fails with invalid_argument and counts
    /// nothing if `labels` and `truth` differ in length or hold a value that is not a class.
    Status add(std::span<const uint8_t> labels, std::span<const uint8_t> truth, std::optional<uint8_t> ignore = {});

    size_t classes() const { return classes_; }
    /// n_ij: number of pixels of class `truth` that were labelled `label`.
    uint64_t count(size_t truth, size_t label) const { return counts_[truth * classes_ + label]; }
    uint64_t pixels() const; ///< number of pixels counted

    ClassMetrics of_class(size_t label) const;
    SegmentationMetrics metrics() const;

private:
    size_t classes_;
    std::vector<uint64_t> counts_;
};

} // namespace vkseg
