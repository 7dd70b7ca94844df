#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

// Positions are computed in floats like shaders/sampling/grid_sample.comp, because the nearest pixel depends on their
// rounding; this file is compiled without contraction to fused multiply-adds.
namespace vkseg::reference {
namespace {

/// A pixel along one axis and its weight; pixels outside of x count as 0.
struct GridTap
{
    int64_t place = 0;
    double weight = 1;
};

class GridSampler
{
public:
    explicit GridSampler(const GridSample& op) : op_(op) {}

    /// The taps in x for a coordinate.
    std::vector<GridTap> taps(float coordinate, int64_t extent) const
    {
        const float position = position_of(coordinate, extent);
        if (op_.mode == ResizeMode::nearest)
            return {{int64_t(std::nearbyint(padded(position, extent))), 1}};
        if (op_.mode == ResizeMode::linear)
        {
            const float moved = padded(position, extent);
            const float first = std::floor(moved);
            const double part = double(moved) - double(first);
            return {{int64_t(first), 1 - part}, {int64_t(first) + 1, part}};
        }
        const float first = std::floor(position);
        const double part = double(position) - double(first);
        std::vector<GridTap> taps;
        for (int k = -1; k <= 2; ++k)
            taps.push_back({int64_t(padded(first + float(k), extent)), cubic(std::abs(part - k))});
        return taps;
    }

private:
    /// R. Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981.
    static double cubic(double distance)
    {
        constexpr double a = -0.75;
        if (distance <= 1)
            return (a + 2) * distance * distance * distance - (a + 3) * distance * distance + 1;
        return a * (distance * distance * distance - 5 * distance * distance + 8 * distance - 4);
    }

    float position_of(float coordinate, int64_t extent) const
    {
        const float position = op_.align_corners ? (coordinate + 1) * 0.5f * float(extent - 1)
                                                 : ((coordinate + 1) * float(extent) - 1) * 0.5f;
        if (op_.padding == GridPadding::reflection)
            return std::abs(position) <= 1048576 ? position : 0;
        constexpr float far = 4; // pixels outside, more than any tap
        return std::isnan(position) ? -far : std::clamp(position, -far, float(extent - 1) + far);
    }

    float padded(float position, int64_t extent) const
    {
        if (op_.padding == GridPadding::zeros)
            return position;
        if (op_.padding == GridPadding::reflection)
            position = reflected(position, extent);
        return std::clamp(position, 0.0f, float(extent - 1));
    }

    float reflected(float position, int64_t extent) const
    {
        const float low = op_.align_corners ? 0 : -0.5f;
        const float span = float(op_.align_corners ? extent - 1 : extent);
        if (span == 0)
            return 0;
        const float rest = std::fmod(std::abs(position - low), 2 * span);
        return low + std::min(rest, 2 * span - rest);
    }

    const GridSample& op_;
};

} // namespace

Result<Tensors> evaluate(const GridSample& op, const Arguments& arguments)
{
    const Shape& x = arguments.inputs[0]->shape();
    const Shape& y = arguments.outputs[0].shape;
    const std::vector<float> values = arguments.inputs[0]->to_floats();
    const std::vector<float> grid = arguments.inputs[1]->to_floats();
    const GridSampler sampler(op);
    const size_t axes = x.rank() - 2;
    const int64_t plane = x.elements() / (x[0] * x[1]);
    const int64_t pixels = y.elements() / (y[0] * y[1]);
    std::vector<float> results(size_t(y.elements()));
    for (int64_t n = 0; n < y[0]; ++n)
    {
        for (int64_t pixel = 0; pixel < pixels; ++pixel)
        {
            // The pixels of a plane of x that the position reads, axis by axis; grids list the last axis first.
            std::vector<GridTap> taps = {{}};
            for (size_t axis = 0; axis < axes; ++axis)
            {
                const float coordinate = grid[size_t((n * pixels + pixel) * int64_t(axes)) + axes - 1 - axis];
                std::vector<GridTap> finer;
                for (const GridTap& outer : taps)
                {
                    for (const GridTap& inner : sampler.taps(coordinate, x[axis + 2]))
                    {
                        if (inner.place >= 0 && inner.place < x[axis + 2])
                            finer.push_back({outer.place * x[axis + 2] + inner.place, outer.weight * inner.weight});
                    }
                }
                taps = std::move(finer);
            }
            for (int64_t c = 0; c < y[1]; ++c)
            {
                double sum = 0;
                for (const GridTap& tap : taps)
                    sum += tap.weight * double(values[size_t((n * x[1] + c) * plane + tap.place)]);
                results[size_t((n * y[1] + c) * pixels + pixel)] = float(sum);
            }
        }
    }
    return Tensors{Tensor::from(y, std::move(results))};
}

} // namespace vkseg::reference
