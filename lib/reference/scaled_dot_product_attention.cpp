#include "base/parallel.hpp"
#include "reference/elements.hpp"
#include "reference/evaluate.hpp"

#include <cmath>

namespace vkseg::reference {
namespace {

/// The value of a term for a score, by the rules of broadcasting.
double term_at(const std::vector<float>& values, const Shape& term, const Shape& scores, int64_t score)
{
    int64_t place = 0;
    int64_t stride = 1;
    for (size_t axis = 1; axis <= term.rank(); ++axis)
    {
        const int64_t coordinate = score % scores[scores.rank() - axis];
        score /= scores[scores.rank() - axis];
        place += term[term.rank() - axis] == 1 ? 0 : coordinate * stride;
        stride *= term[term.rank() - axis];
    }
    return double(values[size_t(place)]);
}

} // namespace

Result<Tensors> evaluate(const ScaledDotProductAttention& op, const Arguments& arguments)
{
    std::vector<std::vector<float>> inputs;
    for (const Tensor* tensor : arguments.inputs)
        inputs.push_back(tensor == nullptr ? std::vector<float>() : tensor->to_floats());
    const Shape& q = arguments.inputs[0]->shape();
    const Shape& k = arguments.inputs[1]->shape();
    const Shape& shape = arguments.outputs[0].shape;
    const auto depth = size_t(q.back());
    const auto outputs = size_t(shape.back());
    const auto rows = size_t(q[q.rank() - 2]);
    const auto columns = size_t(k[k.rank() - (op.is_k_transposed ? 1 : 2)]);
    Shape scores = q;
    scores[scores.rank() - 1] = int64_t(columns);

    std::vector<float> y(size_t(shape.elements()));
    parallel_for(int64_t(y.size() / outputs),
                 [&](int64_t row)
                 {
                     const size_t entry = size_t(row) / rows;
                     const float* keys = inputs[1].data() + entry * columns * depth;
                     const float* values = inputs[2].data() + entry * columns * outputs;
                     std::vector<double> weights(columns);
                     double peak = -std::numeric_limits<double>::infinity();
                     for (size_t j = 0; j < columns; ++j)
                     {
                         double sum = 0;
                         for (size_t d = 0; d < depth; ++d)
                             sum += double(inputs[0][size_t(row) * depth + d]) *
                                    double(keys[op.is_k_transposed ? d * columns + j : j * depth + d]);
                         sum *= double(op.scale);
                         for (size_t i = 3; i < inputs.size(); ++i)
                         {
                             if (!inputs[i].empty())
                                 sum += term_at(inputs[i], arguments.inputs[i]->shape(), scores,
                                                row * int64_t(columns) + int64_t(j));
                         }
                         weights[j] = sum;
                         peak = std::max(peak, sum);
                     }
                     double total = 0;
                     for (double& weight : weights)
                         total += weight = std::exp(weight - peak);
                     for (size_t c = 0; c < outputs; ++c)
                     {
                         double sum = 0;
                         for (size_t j = 0; j < columns; ++j)
                             sum += weights[j] / total * double(values[j * outputs + c]);
                         y[size_t(row) * outputs + c] = float(sum);
                     }
                 });
    return Tensors{Tensor::from(shape, std::move(y))};
}

} // namespace vkseg::reference
