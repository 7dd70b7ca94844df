#include "reference/evaluate.hpp"

#include <algorithm>

namespace vkseg::reference {

Result<Tensors> evaluate(const AffineGrid& op, const Arguments& arguments)
{
    const std::vector<float> theta = arguments.inputs[0]->to_floats();
    const Shape& grid = arguments.outputs[0].shape;
    const size_t axes = grid.rank() - 2;
    std::vector<float> results;
    for (int64_t pixel = 0; pixel < grid.elements() / int64_t(axes); ++pixel)
    {
        // The position in the order of theta's columns: last axis first, then 1.
        std::vector<double> position;
        int64_t rest = pixel;
        for (size_t axis = axes; axis >= 1; --axis)
        {
            const int64_t extent = grid[axis];
            const double step = 2.0 / double(op.align_corners ? std::max<int64_t>(extent - 1, 1) : extent);
            position.push_back((double(rest % extent) - double(extent - 1) / 2) * step);
            rest /= extent;
        }
        position.push_back(1);
        for (size_t row = 0; row < axes; ++row)
        {
            double sum = 0;
            for (size_t column = 0; column < position.size(); ++column)
                sum += position[column] * double(theta[(size_t(rest) * axes + row) * position.size() + column]);
            results.push_back(float(sum));
        }
    }
    return Tensors{Tensor::from(grid, std::move(results))};
}

} // namespace vkseg::reference
