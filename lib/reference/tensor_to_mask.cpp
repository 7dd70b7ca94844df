#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {
namespace {

struct Pixel
{
    int64_t label = 0;
    double confidence = 1;
    double soft = 0;
    bool has_class = true;
};

constexpr Pixel not_finite = {.label = contract::mask_not_finite, .confidence = 0, .has_class = false};
constexpr Pixel out_of_range = {.label = contract::mask_out_of_range, .confidence = 0, .has_class = false};

bool is_probability(double value)
{
    return value >= -contract::mask_probability_slack && value <= 1 + contract::mask_probability_slack;
}

Pixel from_foreground(const TensorToMask& op, double value)
{
    if (std::isnan(value))
        return not_finite;
    const double probability = op.source == MaskSource::logits ? 1 / (1 + std::exp(-value)) : value;
    if (!is_probability(probability))
        return out_of_range;
    const bool is_foreground = probability >= double(op.threshold);
    return {.label = is_foreground ? 1 : 0,
            .confidence = is_foreground ? probability : 1 - probability,
            .soft = op.soft_class == 0 ? 1 - probability : probability};
}

Pixel from_classes(const TensorToMask& op, std::vector<double> values)
{
    if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); }))
        return not_finite;
    const auto largest = std::max_element(values.begin(), values.end());
    const int64_t label = largest - values.begin();
    if (op.source == MaskSource::logits)
    {
        const double highest = *largest;
        if (!std::isfinite(highest))
            return not_finite;
        double sum = 0;
        for (double& value : values)
            sum += value = std::exp(value - highest);
        for (double& value : values)
            value /= sum;
    }
    if (!std::all_of(values.begin(), values.end(), is_probability))
        return out_of_range;
    const double soft = op.soft_class < 0 ? 1 - values[0] : values[size_t(op.soft_class)];
    return {.label = label, .confidence = values[size_t(label)], .soft = soft};
}

Pixel from_label(const TensorToMask& op, double value)
{
    if (!std::isfinite(value))
        return not_finite;
    const double whole = std::floor(value + 0.5);
    if (whole < 0 || whole > 255 || std::abs(value - whole) > contract::mask_label_slack)
        return out_of_range;
    const auto label = int64_t(whole);
    const bool is_soft = op.soft_class < 0 ? label != 0 : label == op.soft_class;
    return {.label = label, .confidence = 1, .soft = is_soft ? 1.0 : 0.0};
}

/// Interpolates between two values. A value of weight 0 is skipped, so that infinite values do not spread.
double weighted(double a, double b, double part)
{
    return (part < 1 ? a * (1 - part) : 0) + (part > 0 ? b * part : 0);
}

std::byte as_byte(double fraction)
{
    return std::byte(uint8_t(std::clamp(fraction, 0.0, 1.0) * 255 + 0.5));
}

} // namespace

Result<Tensors> evaluate(const TensorToMask& op, const Arguments& arguments)
{
    const Tensor& tensor = *arguments.inputs[0];
    const Shape& shape = tensor.shape();
    const Shape& picture = arguments.inputs[1]->shape();
    VKSEG_ASSIGN(const PlacedPicture placed, place_picture(op.placement, picture));
    const SampledSide side_y = sampled_side(placed.top, placed.height, placed.tensor_height, shape[2], picture[0]);
    const SampledSide side_x = sampled_side(placed.left, placed.width, placed.tensor_width, shape[3], picture[1]);
    const std::vector<float> values = tensor.to_floats();
    const auto value_at = [&](int64_t c, int64_t y, int64_t x)
    {
        const int64_t row = std::min(y, shape[2] - 1);
        return double(values[size_t((c * shape[2] + row) * shape[3] + std::min(x, shape[3] - 1))]);
    };
    const auto place = [](const SampledSide& side, int64_t pixel)
    { return std::clamp((double(pixel) + 0.5) * side.step + side.offset, side.low, side.high); };

    std::vector<std::byte> labels, confidence, soft_mask;
    for (int64_t row = 0; row < picture[0]; ++row)
    {
        for (int64_t column = 0; column < picture[1]; ++column)
        {
            const double y = place(side_y, row);
            const double x = place(side_x, column);
            const auto interpolated = [&](int64_t c)
            {
                const int64_t top = int64_t(y);
                const int64_t left = int64_t(x);
                const double above = weighted(value_at(c, top, left), value_at(c, top, left + 1), x - double(left));
                const double below =
                    weighted(value_at(c, top + 1, left), value_at(c, top + 1, left + 1), x - double(left));
                return weighted(above, below, y - double(top));
            };
            Pixel pixel;
            if (op.source == MaskSource::labels)
                pixel = from_label(op, value_at(0, int64_t(y + 0.5), int64_t(x + 0.5)));
            else if (shape[1] == 1)
                pixel = from_foreground(op, interpolated(0));
            else
            {
                std::vector<double> classes;
                for (int64_t c = 0; c < shape[1]; ++c)
                    classes.push_back(interpolated(c));
                pixel = from_classes(op, std::move(classes));
            }
            labels.push_back(std::byte(uint8_t(pixel.label)));
            const bool shows_fault = pixel.label >= contract::mask_first_fault && pixel.has_class;
            confidence.push_back(std::max(as_byte(pixel.confidence), std::byte(shows_fault ? 1 : 0)));
            soft_mask.push_back(as_byte(pixel.soft));
        }
    }
    const Shape mask = {picture[0], picture[1]};
    Tensors results;
    for (std::vector<std::byte>* bytes : {&labels, &confidence, &soft_mask})
        results.push_back(Tensor::from_bytes(DType::u8, mask, std::move(*bytes)));
    return results;
}

} // namespace vkseg::reference
