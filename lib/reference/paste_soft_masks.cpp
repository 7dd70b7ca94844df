#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {
namespace {

constexpr int64_t max_box_corner = 262144;

/// A mask, resized to `height` × `width`.
struct ResizedMask
{
    std::span<const float> values;
    const Shape& shape;
    int64_t height;
    int64_t width;

    static double position(int64_t pixel, int64_t mask_extent, int64_t extent)
    {
        const double centre = (double(pixel) + 0.5) * double(mask_extent) / double(extent);
        return std::clamp(centre - 0.5, 0.0, double(mask_extent - 1));
    }

    double at(int64_t row, int64_t column) const
    {
        const double y = position(row, shape[2], height);
        const double x = position(column, shape[3], width);
        double sum = 0;
        for (const int64_t i : {int64_t(y), int64_t(y) + 1})
        {
            for (const int64_t k : {int64_t(x), int64_t(x) + 1})
            {
                const double weight = (1 - std::abs(y - double(i))) * (1 - std::abs(x - double(k)));
                if (i < shape[2] && k < shape[3])
                    sum += weight * double(values[size_t(i * shape[3] + k)]);
            }
        }
        return sum;
    }
};

bool has_pixels(const int64_t* box)
{
    return std::all_of(box, box + 4, [](int64_t corner) { return std::abs(corner) <= max_box_corner; });
}

} // namespace

Result<Tensors> evaluate(const PasteSoftMasks& op, const Arguments& arguments)
{
    const Tensor& masks = *arguments.inputs[0];
    const std::vector<float> values = masks.to_floats();
    const std::vector<int64_t> boxes = arguments.inputs[1]->to_integers();
    const auto values_of_mask = size_t(masks.shape()[2] * masks.shape()[3]);
    const int64_t height = op.size[0];
    const int64_t width = op.size[1];
    std::vector<float> pasted(size_t(arguments.outputs[0].shape.elements()));
    for (int64_t r = 0; r < masks.shape()[0]; ++r)
    {
        const int64_t* const box = boxes.data() + r * 4;
        if (!has_pixels(box))
            continue;
        const ResizedMask mask = {.values = std::span(values).subspan(size_t(r) * values_of_mask, values_of_mask),
                                  .shape = masks.shape(),
                                  .height = std::max<int64_t>(box[3] - box[1] + 1, 1),
                                  .width = std::max<int64_t>(box[2] - box[0] + 1, 1)};
        for (int64_t y = std::max<int64_t>(box[1], 0); y <= std::min(box[3], height - 1); ++y)
        {
            for (int64_t x = std::max<int64_t>(box[0], 0); x <= std::min(box[2], width - 1); ++x)
                pasted[size_t((r * height + y) * width + x)] = float(mask.at(y - box[1], x - box[0]));
        }
    }
    return Tensors{Tensor::from(arguments.outputs[0].shape, std::move(pasted))};
}

} // namespace vkseg::reference
