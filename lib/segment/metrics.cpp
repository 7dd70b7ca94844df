#include "vkseg/metrics.hpp"

#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace vkseg {
namespace {

double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : std::numeric_limits<double>::quiet_NaN();
}

/// Mean of the values that are not NaN.
class Mean
{
public:
    void add(double value)
    {
        if (std::isnan(value))
            return;
        sum_ += value;
        ++count_;
    }
    double value() const { return ratio(sum_, count_); }

private:
    double sum_ = 0;
    double count_ = 0;
};

Status wrong_label(const char* what, size_t pixel, uint8_t label, size_t classes)
{
    return Status(StatusCode::invalid_argument, std::string(what) + " of pixel " + std::to_string(pixel) +
                                                    ": expected a class below " + std::to_string(classes) + ", got " +
                                                    std::to_string(label));
}

} // namespace

ConfusionMatrix::ConfusionMatrix(size_t classes) : classes_(classes), counts_(classes * classes)
{
    assert(classes >= 1 && classes <= max_classes);
}

Status ConfusionMatrix::add(std::span<const uint8_t> labels, std::span<const uint8_t> truth,
                            std::optional<uint8_t> ignore)
{
    if (labels.size() != truth.size())
    {
        return Status(StatusCode::invalid_argument, "expected labels for " + std::to_string(truth.size()) +
                                                        " pixels, got " + std::to_string(labels.size()));
    }
    for (size_t i = 0; i < truth.size(); ++i)
    {
        if (truth[i] == ignore)
            continue;
        if (truth[i] >= classes_)
            return wrong_label("truth", i, truth[i], classes_);
        if (labels[i] >= classes_)
            return wrong_label("label", i, labels[i], classes_);
    }
    for (size_t i = 0; i < truth.size(); ++i)
    {
        if (truth[i] != ignore)
            ++counts_[truth[i] * classes_ + labels[i]];
    }
    return {};
}

uint64_t ConfusionMatrix::pixels() const
{
    return std::accumulate(counts_.begin(), counts_.end(), uint64_t(0));
}

ClassMetrics ConfusionMatrix::of_class(size_t label) const
{
    ClassMetrics result;
    for (size_t other = 0; other < classes_; ++other)
    {
        result.truth_pixels += count(label, other);
        result.labelled_pixels += count(other, label);
    }
    const double correct = double(count(label, label));
    const double both = double(result.truth_pixels) + double(result.labelled_pixels);
    result.iou = ratio(correct, both - correct);
    result.accuracy = ratio(correct, double(result.truth_pixels));
    result.dice = ratio(2 * correct, both);
    return result;
}

SegmentationMetrics ConfusionMatrix::metrics() const
{
    Mean accuracy, iou, dice;
    double correct = 0;
    double weighted = 0;
    for (size_t label = 0; label < classes_; ++label)
    {
        const ClassMetrics one = of_class(label);
        accuracy.add(one.accuracy);
        iou.add(one.iou);
        dice.add(one.dice);
        correct += double(count(label, label));
        if (one.truth_pixels > 0)
            weighted += double(one.truth_pixels) * one.iou;
    }
    const double all = double(pixels());
    return {.pixel_accuracy = ratio(correct, all),
            .mean_accuracy = accuracy.value(),
            .mean_iou = iou.value(),
            .frequency_weighted_iou = ratio(weighted, all),
            .mean_dice = dice.value()};
}

} // namespace vkseg
