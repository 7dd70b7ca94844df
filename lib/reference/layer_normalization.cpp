#include "ops/normalization/layer_normalization.hpp"

#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {
namespace {

double divisor(const LayerNormalization& op, double moment)
{
    switch (op.epsilon_place)
    {
    case EpsilonPlace::under_root:
        return std::sqrt(moment + double(op.epsilon));
    case EpsilonPlace::after_root:
        return std::sqrt(moment) + double(op.epsilon);
    case EpsilonPlace::min_root:
        return std::max(std::sqrt(moment), double(op.epsilon));
    }
    return 0;
}

} // namespace

Result<Tensors> evaluate(const LayerNormalization& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const NormalizedRows rows = *normalized_rows(op.axes, x.shape());
    const auto parameter = [&](size_t i, float fallback)
    {
        const Tensor* tensor = i < arguments.inputs.size() ? arguments.inputs[i] : nullptr;
        return values_along(tensor, fallback, op.axes, x.shape());
    };
    const std::vector<float> scale = parameter(1, 1);
    const std::vector<float> bias = parameter(2, 0);
    std::vector<float> values = x.to_floats();
    const size_t extent = size_t(rows.extent);
    const size_t inner = size_t(rows.inner);
    for (size_t row = 0; row < size_t(rows.outer) * inner; ++row)
    {
        const auto value = [&, first = row / inner * extent * inner + row % inner](size_t i) -> float&
        { return values[first + i * inner]; };
        double mean = 0;
        for (size_t i = 0; i < extent && op.kind == NormalizationKind::layer; ++i)
            mean += value(i) / double(extent);
        double moment = 0;
        for (size_t i = 0; i < extent; ++i)
            moment += (value(i) - mean) * (value(i) - mean);
        if (op.kind != NormalizationKind::l2)
            moment /= double(extent);
        for (size_t i = 0; i < extent; ++i)
            value(i) = float((value(i) - mean) / divisor(op, moment) * scale[i] + bias[i]);
    }
    return Tensors{Tensor::from(x.shape(), std::move(values))};
}

} // namespace vkseg::reference
