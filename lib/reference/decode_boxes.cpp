#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {

Result<Tensors> evaluate(const DecodeBoxes& op, const Arguments& arguments)
{
    const std::vector<float> boxes = arguments.inputs[0]->to_floats();
    const std::vector<float> deltas = arguments.inputs[1]->to_floats();
    const size_t classes = size_t(arguments.inputs[1]->shape()[1]) / 4;
    const double last_pixel = op.has_inclusive_corners ? 1 : 0;
    std::vector<float> corners(deltas.size());
    for (size_t i = 0; i < deltas.size() / 4; ++i)
    {
        for (size_t axis = 0; axis < 2; ++axis) // x, y
        {
            const double low = boxes[i / classes * 4 + axis];
            const double extent = boxes[i / classes * 4 + axis + 2] - low + last_pixel;
            const auto delta = [&](size_t k)
            { return deltas[i * 4 + k] / (op.weights.empty() ? 1.0 : double(op.weights[k])); };
            const double scale = delta(axis + 2);
            const double limited = scale > op.max_log_scale ? double(op.max_log_scale) : scale;
            const double centre = low + extent / 2 + delta(axis) * extent;
            const double half = std::exp(limited) * extent / 2;
            double ends[] = {centre - half, centre + half};
            for (size_t end = 0; end < 2; ++end)
            {
                if (!op.size.empty() && !std::isnan(ends[end]))
                    ends[end] = std::clamp(ends[end], 0.0, double(op.size[1 - axis]) - last_pixel);
                corners[i * 4 + axis + 2 * end] = float(ends[end]);
            }
        }
    }
    return Tensors{Tensor::from(arguments.outputs[0].shape, std::move(corners))};
}

} // namespace vkseg::reference
