#include "ops/crf/dense_crf.hpp"

#include "base/try.hpp"
#include "reference/evaluate.hpp"
#include "reference/lattice.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace vkseg::reference {
namespace {

using Values = std::vector<double>; // [pixel][label]
using Gaussian = std::function<Values(const Values&, int64_t labels)>;

/// Sums over all pairs of pixels, each pixel itself included.
Gaussian exact_gaussian(const Values& features, size_t dimensions)
{
    const size_t pixels = features.size() / dimensions;
    Values weights(pixels * pixels);
    for (size_t i = 0; i < pixels; ++i)
    {
        for (size_t j = 0; j < pixels; ++j)
        {
            double distance = 0;
            for (size_t d = 0; d < dimensions; ++d)
                distance += std::pow(features[i * dimensions + d] - features[j * dimensions + d], 2);
            weights[i * pixels + j] = std::exp(-0.5 * distance);
        }
    }
    return [weights = std::move(weights), pixels](const Values& values, int64_t labels)
    {
        Values sums(values.size());
        for (size_t i = 0; i < pixels; ++i)
        {
            for (size_t j = 0; j < pixels; ++j)
            {
                const double weight = weights[i * pixels + j];
                for (size_t l = 0; l < size_t(labels); ++l)
                    sums[i * size_t(labels) + l] += weight * values[j * size_t(labels) + l];
            }
        }
        return sums;
    };
}

Result<Gaussian> bilateral_gaussian(const DenseCrf& op, const Tensor& picture, Values features)
{
    if (is_exact(op, picture.shape()))
        return exact_gaussian(features, 5);
    VKSEG_ASSIGN(const LatticeGeometry geometry, lattice_geometry(op, picture.shape()));
    return Gaussian([lattice = Lattice(geometry, picture)](const Values& values, int64_t labels)
                    { return lattice.filter(values, size_t(labels)); });
}

/// Sums along rows, then along columns.
Gaussian spatial_gaussian(size_t height, size_t width, double deviation)
{
    const auto pass = [=](const Values& values, size_t labels, size_t extent, size_t step)
    {
        Values sums(values.size());
        for (size_t i = 0; i < height * width; ++i)
        {
            const size_t at = i / step % extent;
            for (size_t other = 0; other < extent; ++other)
            {
                const double distance = double(other) - double(at);
                const double weight = std::exp(-0.5 * distance * distance / (deviation * deviation));
                for (size_t l = 0; l < labels; ++l)
                    sums[i * labels + l] += weight * values[(i - at * step + other * step) * labels + l];
            }
        }
        return sums;
    };
    return [=](const Values& values, int64_t labels)
    { return pass(pass(values, size_t(labels), width, 1), size_t(labels), height, width); };
}

Gaussian normalized(Gaussian filter, size_t pixels, CrfNormalization normalization)
{
    Values before(pixels, 1);
    Values after = filter(before, 1);
    for (size_t i = 0; i < pixels; ++i)
    {
        const bool is_symmetric = normalization == CrfNormalization::symmetric;
        after[i] = is_symmetric ? 1 / std::sqrt(after[i]) : 1 / after[i];
        before[i] = is_symmetric ? after[i] : 1;
    }
    return [filter = std::move(filter), before, after](Values values, int64_t labels)
    {
        for (size_t i = 0; i < values.size(); ++i)
            values[i] *= before[i / size_t(labels)];
        values = filter(values, labels);
        for (size_t i = 0; i < values.size(); ++i)
            values[i] *= after[i / size_t(labels)];
        return values;
    };
}

Values softmax(Values logits, int64_t labels)
{
    for (auto first = logits.begin(); first != logits.end(); first += labels)
    {
        const double peak = *std::max_element(first, first + labels);
        double sum = 0;
        for (auto value = first; value != first + labels; ++value)
            sum += * value = std::exp(*value - peak);
        for (auto value = first; value != first + labels; ++value)
            *value /= sum;
    }
    return logits;
}

/// Multiplies a [labels, labels] matrix with the values of each pixel.
Values multiply(const Tensor& matrix, const Values& values, size_t labels)
{
    const std::vector<float> factors = matrix.to_floats();
    Values products(values.size());
    for (size_t i = 0; i < values.size(); ++i)
    {
        for (size_t l = 0; l < labels; ++l)
            products[i] += double(factors[i % labels * labels + l]) * values[i / labels * labels + l];
    }
    return products;
}

/// Pairwise potentials, to be subtracted from the unary input.
Values pairwise(const DenseCrf& op, const Arguments& arguments, const Values& spatial, const Values& bilateral)
{
    const size_t labels = size_t(arguments.outputs[0].shape[1]);
    Values sums(spatial.size());
    if (arguments.inputs.size() < 5 || arguments.inputs[2] == nullptr)
    {
        for (size_t i = 0; i < sums.size(); ++i)
            sums[i] = -double(op.gaussian_compat) * spatial[i] - double(op.bilateral_compat) * bilateral[i];
        return sums;
    }
    const Values of_positions = multiply(*arguments.inputs[2], spatial, labels);
    const Values of_colours = multiply(*arguments.inputs[3], bilateral, labels);
    for (size_t i = 0; i < sums.size(); ++i)
        sums[i] = of_positions[i] + of_colours[i];
    return multiply(*arguments.inputs[4], sums, labels);
}

/// Positions and colours of all pixels, in units of their standard deviations.
Values features_of(const Tensor& picture, double position_deviation, double colour_deviation)
{
    const size_t pixels = size_t(picture.elements() / 3);
    const size_t width = size_t(picture.shape()[3]);
    const std::vector<float> colours = picture.to_floats();
    Values features;
    for (size_t i = 0; i < pixels; ++i)
    {
        features.push_back(double(i % width) / position_deviation);
        features.push_back(double(i / width) / position_deviation);
        for (size_t c = 0; c < 3; ++c)
            features.push_back(double(std::clamp(colours[c * pixels + i], 0.0f, 255.0f)) / colour_deviation);
    }
    return features;
}

} // namespace

Result<Tensors> evaluate(const DenseCrf& op, const Arguments& arguments)
{
    const Tensor& unary = *arguments.inputs[0];
    const Tensor& picture = *arguments.inputs[1];
    const int64_t labels = unary.shape()[1];
    const size_t pixels = size_t(unary.elements() / labels);
    const std::vector<float> planes = unary.to_floats();
    Values potentials(planes.size());
    for (size_t i = 0; i < planes.size(); ++i)
        potentials[i % pixels * size_t(labels) + i / pixels] = planes[i];

    const Shape& shape = unary.shape();
    const Gaussian spatial = normalized(spatial_gaussian(size_t(shape[2]), size_t(shape[3]), double(op.gaussian_sxy)),
                                        pixels, op.normalization);
    VKSEG_ASSIGN(
        Gaussian colours,
        bilateral_gaussian(op, picture, features_of(picture, double(op.bilateral_sxy), double(op.bilateral_srgb))));
    const Gaussian bilateral = normalized(std::move(colours), pixels, op.normalization);
    Values logits = potentials;
    for (int64_t iteration = 0; iteration < op.iterations; ++iteration)
    {
        const Values probabilities = softmax(logits, labels);
        const Values energies =
            pairwise(op, arguments, spatial(probabilities, labels), bilateral(probabilities, labels));
        for (size_t i = 0; i < logits.size(); ++i)
            logits[i] = potentials[i] - energies[i];
    }
    const Values values = op.gives_logits ? logits : softmax(logits, labels);
    std::vector<float> result(planes.size());
    for (size_t i = 0; i < planes.size(); ++i)
        result[i] = float(values[i % pixels * size_t(labels) + i / pixels]);
    return Tensors{Tensor::from(unary.shape(), std::move(result))};
}

} // namespace vkseg::reference
