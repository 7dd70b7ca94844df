#pragma once

#include "vkseg/export.hpp"
#include "vkseg/status.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// How good segmentations are, from the labels they give to pixels and those that the pixels have in truth. With n_ij
/// the pixels of class i that were given class j, t_i = Σ_j n_ij those of class i, and p_i = Σ_j n_ji those given it.
namespace vkseg {

/// Of one class. A figure that would be 0 / 0 is NaN.
struct ClassMetrics
{
    uint64_t truth_pixels = 0;    ///< t_i
    uint64_t labelled_pixels = 0; ///< p_i
    double iou = 0;               ///< intersection over union, n_ii / (t_i + p_i − n_ii)
    double accuracy = 0;          ///< n_ii / t_i
    double dice = 0;              ///< 2 n_ii / (t_i + p_i)
};

/// Of all classes together (Long et al. 2015, "Fully Convolutional Networks for Semantic Segmentation", section 5).
/// Means are over the classes whose figure is a number: a class that is neither in the truth nor in the labels counts
/// in none, one that is in the labels only counts in the mean IoU and Dice, with 0. NaN if there are no pixels.
struct SegmentationMetrics
{
    double pixel_accuracy = 0;         ///< Σ_i n_ii / Σ_i t_i
    double mean_accuracy = 0;          ///< mean of n_ii / t_i
    double mean_iou = 0;               ///< mean of n_ii / (t_i + p_i − n_ii)
    double frequency_weighted_iou = 0; ///< Σ_i t_i IoU_i / Σ_i t_i
    double mean_dice = 0;              ///< mean of 2 n_ii / (t_i + p_i)
};

/// Pixels by the class that they have in truth and the one that they were given, over any number of pictures.
class VKSEG_API ConfusionMatrix
{
public:
    static constexpr size_t max_classes = 256;

    explicit ConfusionMatrix(size_t classes); ///< Of 1 to max_classes, asserted.

    /// Counts the pixels of a picture, but for those whose truth is `ignore`. Fails with invalid_argument, and then
    /// counts none, if there are not as many labels as truths or one of them is no class.
    Status add(std::span<const uint8_t> labels, std::span<const uint8_t> truth, std::optional<uint8_t> ignore = {});

    size_t classes() const { return classes_; }
    /// n_ij: pixels of class `truth` that were given `label`.
    uint64_t count(size_t truth, size_t label) const { return counts_[truth * classes_ + label]; }
    uint64_t pixels() const; ///< that were counted

    ClassMetrics of_class(size_t label) const;
    SegmentationMetrics metrics() const;

private:
    size_t classes_;
    std::vector<uint64_t> counts_;
};

} // namespace vkseg
