#include "base/try.hpp"
#include "ops/window.hpp"
#include "reference/elements.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vkseg::reference {
namespace {

/// The values of one channel, with the window of the pool.
struct Plane
{
    const float* values;
    const WindowGeometry& geometry;

    int64_t at(int64_t z, int64_t y, int64_t x) const
    {
        return (z * geometry.height().input + y) * geometry.width().input + x;
    }
};

bool is_inside(const WindowAxis& axis, int64_t position)
{
    return position >= 0 && position < axis.input;
}

int64_t tap(const WindowAxis& axis, int64_t output, int64_t k)
{
    return output * axis.stride - axis.pad_begin + k * axis.dilation;
}

/// Calls visit(z, y, x, is_inside) for every tap of the window that lies in the input or its padding.
template <class Visit>
void for_each_tap(const WindowGeometry& geometry, int64_t z, int64_t y, int64_t x, Visit visit)
{
    const WindowAxis& depth = geometry.depth();
    const WindowAxis& height = geometry.height();
    const WindowAxis& width = geometry.width();
    const auto is_padded = [](const WindowAxis& axis, int64_t position)
    { return position < axis.input + axis.pad_end; };
    for (int64_t k = 0; k < depth.kernel; ++k)
    {
        for (int64_t j = 0; j < height.kernel; ++j)
        {
            for (int64_t i = 0; i < width.kernel; ++i)
            {
                const int64_t c = tap(depth, z, k);
                const int64_t b = tap(height, y, j);
                const int64_t a = tap(width, x, i);
                if (is_padded(depth, c) && is_padded(height, b) && is_padded(width, a))
                    visit(c, b, a, is_inside(depth, c) && is_inside(height, b) && is_inside(width, a));
            }
        }
    }
}

struct Maximum
{
    float value = -std::numeric_limits<float>::infinity();
    int64_t index = -1; ///< within the plane
};

Maximum maximum(const Pool& op, const Plane& plane, int64_t z, int64_t y, int64_t x)
{
    Maximum found;
    const WindowGeometry& geometry = plane.geometry;
    for_each_tap(geometry, z, y, x,
                 [&](int64_t c, int64_t b, int64_t a, bool inside)
                 {
                     if (!inside)
                         return;
                     const float value = plane.values[plane.at(c, b, a)];
                     // The first NaN is the maximum.
                     if (found.index >= 0 && (std::isnan(found.value) || value <= found.value))
                         return;
                     const int64_t column_major = (a * geometry.height().input + b) * geometry.depth().input + c;
                     found = {value, op.column_major_indices ? column_major : plane.at(c, b, a)};
                 });
    return found;
}

double mean_or_norm(const Pool& op, const Plane& plane, int64_t z, int64_t y, int64_t x)
{
    double sum = 0;
    int64_t count = 0;
    for_each_tap(plane.geometry, z, y, x,
                 [&](int64_t c, int64_t b, int64_t a, bool inside)
                 {
                     count += inside || op.count_include_pad;
                     if (!inside)
                         return;
                     const double value = plane.values[plane.at(c, b, a)];
                     sum += op.kind == PoolKind::lp ? std::pow(std::abs(value), double(op.p)) : value;
                 });
    if (op.kind == PoolKind::lp)
        return std::pow(sum, 1.0 / double(op.p));
    return sum / double(std::max<int64_t>(count, 1));
}

} // namespace

Result<Tensors> evaluate(const Pool& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const std::vector<float> values = x.to_floats();
    VKSEG_ASSIGN(const WindowGeometry geometry, resolve_window(op.window, x.shape(), op.ceil_mode));
    const int64_t planes = x.shape()[0] * x.shape()[1];
    const int64_t plane_size = x.elements() / planes;
    std::vector<float> pooled;
    std::vector<int64_t> indices;
    for (int64_t n = 0; n < planes; ++n)
    {
        const Plane plane = {.values = values.data() + n * plane_size, .geometry = geometry};
        for (int64_t k = 0; k < geometry.depth().output; ++k)
        {
            for (int64_t j = 0; j < geometry.height().output; ++j)
            {
                for (int64_t i = 0; i < geometry.width().output; ++i)
                {
                    if (op.kind != PoolKind::max)
                    {
                        pooled.push_back(float(mean_or_norm(op, plane, k, j, i)));
                        continue;
                    }
                    const Maximum found = maximum(op, plane, k, j, i);
                    pooled.push_back(found.value);
                    indices.push_back(found.index < 0 ? -1 : n * plane_size + found.index);
                }
            }
        }
    }
    const TensorInfo& y = arguments.outputs[0];
    Tensors results = {is_float(y.type)
                           ? Tensor::from(y.shape, std::move(pooled))
                           : integers_of(y.type, y.shape, std::vector<int64_t>(pooled.begin(), pooled.end()))};
    if (op.kind == PoolKind::max)
        results.push_back(Tensor::from_integers(arguments.outputs[1].shape, std::move(indices)));
    return results;
}

} // namespace vkseg::reference
