#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {
namespace {

/// Weights of the pixels along one axis in output `at`.
std::vector<double> filter_weights(int64_t at, int64_t from, int64_t to, bool antialias)
{
    const double scale = double(from) / double(to);
    const double support = antialias ? std::max(1.0, scale) : 1.0;
    const double centre = (double(at) + 0.5) * scale;
    std::vector<double> weights(static_cast<size_t>(from));
    double total = 0;
    for (int64_t i = 0; i < from; ++i)
        total += weights[size_t(i)] = std::max(0.0, 1.0 - std::abs(double(i) + 0.5 - centre) / support);
    for (double& weight : weights)
        weight /= total;
    return weights;
}

} // namespace

Result<Tensors> evaluate(const PictureToTensor& op, const Arguments& arguments)
{
    const Tensor& picture = *arguments.inputs[0];
    const Shape& from = picture.shape();
    const Shape& shape = arguments.outputs[0].shape;
    VKSEG_ASSIGN(const PlacedPicture placed, place_picture(op.placement, from));
    const std::vector<int64_t> pixels = picture.to_integers();

    const auto mean = [&](int64_t c) { return op.mean.empty() ? 0.0 : double(op.mean[size_t(c)]); };
    const auto fill = [&](int64_t c) { return op.fill.empty() ? mean(c) : double(op.fill[size_t(c)]); };
    const auto colour = [&](int64_t y, int64_t x, int64_t c)
    { return double(pixels[size_t((y * from[1] + x) * from[2] + (from[2] == 1 ? 0 : c))]); };
    const auto channel = [&](int64_t y, int64_t x, int64_t c)
    {
        if (op.order == ChannelOrder::grey)
            return 0.299 * colour(y, x, 0) + 0.587 * colour(y, x, 1) + 0.114 * colour(y, x, 2);
        return colour(y, x, op.order == ChannelOrder::bgr ? 2 - c : c);
    };

    std::vector<float> result;
    result.reserve(size_t(shape.elements()));
    for (int64_t c = 0; c < shape[1]; ++c)
    {
        for (int64_t y = 0; y < shape[2]; ++y)
        {
            const bool is_row_inside = y >= placed.top && y < placed.top + placed.height;
            const std::vector<double> weights_y = filter_weights(y - placed.top, from[0], placed.height, op.antialias);
            for (int64_t x = 0; x < shape[3]; ++x)
            {
                double value = fill(c);
                if (is_row_inside && x >= placed.left && x < placed.left + placed.width)
                {
                    const std::vector<double> weights_x =
                        filter_weights(x - placed.left, from[1], placed.width, op.antialias);
                    value = 0;
                    for (int64_t j = 0; j < from[0]; ++j)
                    {
                        if (weights_y[size_t(j)] == 0)
                            continue;
                        for (int64_t i = 0; i < from[1]; ++i)
                            value += weights_y[size_t(j)] * weights_x[size_t(i)] * channel(j, i, c);
                    }
                }
                const double scale = op.scale.empty() ? 1.0 : double(op.scale[size_t(c)]);
                result.push_back(float((value - mean(c)) * scale));
            }
        }
    }
    return Tensors{Tensor::from(shape, std::move(result))};
}

} // namespace vkseg::reference
