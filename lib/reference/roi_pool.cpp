#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

// Corners are computed in floats like shaders/detection/roi_pool.comp.
namespace vkseg::reference {
namespace {

struct Pixels
{
    int64_t begin = 0;
    int64_t end = 0;
};

constexpr float max_corner = 1048576;

Pixels pixels_of(float start, float end, int64_t bin, int64_t bins, int64_t extent)
{
    const auto first = int64_t(std::round(start));
    const int64_t size = std::max<int64_t>(int64_t(std::round(end)) - first + 1, 1);
    const int64_t begin = first + bin * size / bins;
    const int64_t after = first + ((bin + 1) * size + bins - 1) / bins;
    return {std::clamp<int64_t>(begin, 0, extent), std::clamp<int64_t>(after, 0, extent)};
}

float maximum(const float* plane, int64_t width, Pixels rows, Pixels columns)
{
    if (rows.begin >= rows.end || columns.begin >= columns.end)
        return 0;
    float largest = -std::numeric_limits<float>::infinity();
    for (int64_t row = rows.begin; row < rows.end; ++row)
    {
        for (int64_t column = columns.begin; column < columns.end; ++column)
        {
            const float value = plane[row * width + column];
            if (std::isnan(value) || value > largest)
                largest = value;
            if (std::isnan(value))
                return value;
        }
    }
    return largest;
}

} // namespace

Result<Tensors> evaluate(const RoiPool& op, const Arguments& arguments)
{
    const Shape& x = arguments.inputs[0]->shape();
    const Shape& y = arguments.outputs[0].shape;
    const std::vector<float> values = arguments.inputs[0]->to_floats();
    const std::vector<float> boxes = arguments.inputs[1]->to_floats();
    const int64_t columns_of_boxes = arguments.inputs[1]->shape()[1];
    std::vector<float> results(static_cast<size_t>(y.elements()));
    for (int64_t r = 0; r < y[0]; ++r)
    {
        const float* const row = boxes.data() + r * columns_of_boxes;
        const float* const box = row + columns_of_boxes - 4;
        const float entry = columns_of_boxes == 5 ? row[0] : 0;
        float corners[4];
        for (size_t i = 0; i < 4; ++i)
            corners[i] = box[i] * op.scale;
        const auto is_moderate = [](float value) { return std::abs(value) <= max_corner; };
        if (!is_moderate(entry) || !std::all_of(std::begin(corners), std::end(corners), is_moderate))
            continue;
        const auto given = int64_t(entry);
        const int64_t batch = std::clamp<int64_t>(given < 0 ? given + x[0] : given, 0, x[0] - 1);
        for (int64_t i = 0; i < y.elements() / y[0]; ++i)
        {
            const int64_t channel = i / (y[2] * y[3]);
            const Pixels rows = pixels_of(corners[1], corners[3], i / y[3] % y[2], y[2], x[2]);
            const Pixels columns = pixels_of(corners[0], corners[2], i % y[3], y[3], x[3]);
            const float* const plane = values.data() + (batch * x[1] + channel) * x[2] * x[3];
            results[size_t(r * (y.elements() / y[0]) + i)] = maximum(plane, x[3], rows, columns);
        }
    }
    return Tensors{Tensor::from(y, std::move(results))};
}

} // namespace vkseg::reference
