#include "ops/reduction/reduction.hpp"
#include "reference/elements.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vkseg::reference {
namespace {

/// Index of the result that each value belongs to.
std::vector<int64_t> result_of_each(const Reduce& op, const Shape& x)
{
    std::vector<bool> is_reduced(x.rank(), op.axes.empty() && !op.noop_with_empty_axes && !op.all_spatial);
    for (const int64_t axis : op.axes)
        is_reduced[size_t(axis < 0 ? axis + int64_t(x.rank()) : axis)] = true;
    for (size_t axis = 2; axis < x.rank() && op.all_spatial; ++axis)
        is_reduced[axis] = true;

    std::vector<int64_t> results(size_t(x.elements()), 0);
    for (size_t i = 0; i < results.size(); ++i)
    {
        int64_t rest = int64_t(i);
        int64_t stride = 1;
        for (size_t axis = x.rank(); axis-- > 0;)
        {
            if (!is_reduced[axis])
            {
                results[i] += rest % x[axis] * stride;
                stride *= x[axis];
            }
            rest /= x[axis];
        }
    }
    return results;
}

template <class T>
T first_of(ReduceKind kind)
{
    using Bounds = std::numeric_limits<T>;
    switch (kind)
    {
    case ReduceKind::max:
        return Bounds::has_infinity ? -Bounds::infinity() : Bounds::lowest();
    case ReduceKind::min:
        return Bounds::has_infinity ? Bounds::infinity() : Bounds::max();
    case ReduceKind::prod:
        return 1;
    default:
        return 0;
    }
}

/// Min. and max. of an integer type. As in ONNX, the max. of no values is the type's min.
std::pair<int64_t, int64_t> range_of(DType type)
{
    switch (type)
    {
    case DType::u8:
        return {0, UINT8_MAX};
    case DType::i8:
        return {INT8_MIN, INT8_MAX};
    case DType::i32:
        return {INT32_MIN, INT32_MAX};
    default:
        return {INT64_MIN, INT64_MAX};
    }
}

template <class T>
bool is_nan(T value)
{
    return value != value;
}

/// Adds; signed integers wrap around like unsigned ones.
template <class T>
T added(T a, T b)
{
    if constexpr (std::is_integral_v<T>)
        return T(uint64_t(a) + uint64_t(b));
    else
        return a + b;
}

template <class T>
T multiplied(T a, T b)
{
    if constexpr (std::is_integral_v<T>)
        return T(uint64_t(a) * uint64_t(b));
    else
        return a * b;
}

template <class T>
T combined(ReduceKind kind, T sum, T x)
{
    switch (kind)
    {
    case ReduceKind::max:
        return is_nan(sum) || x < sum ? sum : x;
    case ReduceKind::min:
        return is_nan(sum) || x > sum ? sum : x;
    case ReduceKind::prod:
        return multiplied(sum, x);
    case ReduceKind::sum_square:
    case ReduceKind::l2:
        return added(sum, multiplied(x, x));
    case ReduceKind::l1:
        return added(sum, x < 0 ? multiplied(x, T(-1)) : x);
    default:
        return added(sum, x);
    }
}

template <class T>
std::vector<T> reduced(ReduceKind kind, const std::vector<T>& x, const std::vector<int64_t>& results, size_t count)
{
    std::vector<T> sums(count, first_of<T>(kind));
    for (size_t i = 0; i < x.size(); ++i)
        sums[size_t(results[i])] = combined(kind, sums[size_t(results[i])], x[i]);
    if (kind == ReduceKind::mean)
    {
        for (T& sum : sums)
            sum /= T(x.size() / count);
    }
    return sums;
}

std::vector<double> log_sum_exp(const std::vector<double>& x, const std::vector<int64_t>& results, size_t count)
{
    const std::vector<double> peaks = reduced(ReduceKind::max, x, results, count);
    std::vector<double> sums(count, 0);
    for (size_t i = 0; i < x.size(); ++i)
    {
        const double peak = peaks[size_t(results[i])];
        sums[size_t(results[i])] += x[i] == peak ? 1 : std::exp(x[i] - peak);
    }
    for (size_t i = 0; i < count; ++i)
        sums[i] = peaks[i] + std::log(sums[i]);
    return sums;
}

} // namespace

Result<Tensors> evaluate(const Reduce& op, const Arguments& arguments)
{
    const Tensor& x = *arguments.inputs[0];
    const TensorInfo& y = arguments.outputs[0];
    const ReduceKind kind = is_copy(op) ? ReduceKind::sum : op.kind;
    const std::vector<int64_t> results = result_of_each(op, x.shape());
    const size_t count = size_t(y.shape.elements());
    if (!is_float(y.type))
    {
        std::vector<int64_t> reductions = reduced(kind, x.to_integers(), results, count);
        const auto [low, high] = range_of(y.type);
        for (int64_t& value : reductions)
            value = kind == ReduceKind::max || kind == ReduceKind::min ? std::clamp(value, low, high) : value;
        return Tensors{integers_of(y.type, y.shape, std::move(reductions))};
    }

    const std::vector<float> floats = x.to_floats();
    const std::vector<double> values(floats.begin(), floats.end());
    std::vector<double> sums =
        kind == ReduceKind::log_sum_exp ? log_sum_exp(values, results, count) : reduced(kind, values, results, count);
    for (double& sum : sums)
    {
        if (kind == ReduceKind::l2)
            sum = std::sqrt(sum);
        if (kind == ReduceKind::log_sum)
            sum = std::log(sum);
    }
    return Tensors{Tensor::from(y.shape, std::vector<float>(sums.begin(), sums.end()))};
}

} // namespace vkseg::reference
