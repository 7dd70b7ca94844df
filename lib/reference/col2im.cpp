#include "base/try.hpp"
#include "ops/window.hpp"
#include "reference/evaluate.hpp"

namespace vkseg::reference {

Result<Tensors> evaluate(const Col2im& op, const Arguments& arguments)
{
    const Shape& y = arguments.outputs[0].shape;
    const std::vector<float> columns = arguments.inputs[0]->to_floats();
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_window(op.window, y));
    const auto& [depth, height, width] = geometry.axes;
    const int64_t blocks = int64_t(depth.output) * height.output * width.output;
    const int64_t taps = geometry.taps();
    std::vector<double> sums(size_t(y.elements()));
    for (size_t i = 0; i < columns.size(); ++i)
    {
        const int64_t block = int64_t(i) % blocks;
        const int64_t tap = int64_t(i) / blocks % taps;
        const int64_t plane = int64_t(i) / blocks / taps;
        const auto position = [](const WindowAxis& axis, int64_t at, int64_t k)
        { return at * axis.stride - axis.pad_begin + k * axis.dilation; };
        const int64_t z = position(depth, block / width.output / height.output, tap / width.kernel / height.kernel);
        const int64_t row = position(height, block / width.output % height.output, tap / width.kernel % height.kernel);
        const int64_t column = position(width, block % width.output, tap % width.kernel);
        if (z >= 0 && z < depth.input && row >= 0 && row < height.input && column >= 0 && column < width.input)
            sums[size_t(((plane * depth.input + z) * height.input + row) * width.input + column)] += columns[i];
    }
    return Tensors{Tensor::from(y, std::vector<float>(sums.begin(), sums.end()))};
}

} // namespace vkseg::reference
