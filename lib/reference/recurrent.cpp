#include "ops/recurrent/recurrent.hpp"
#include "reference/evaluate.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg::reference {
namespace {

using HiddenState = std::vector<double>;

double recurrent_activated(const RecurrentActivation& by, double x)
{
    const double a = by.a;
    const double b = by.b;
    switch (by.function)
    {
    case RecurrentFunction::tanh:
        return std::tanh(x);
    case RecurrentFunction::sigmoid:
        return 1 / (1 + std::exp(-x));
    case RecurrentFunction::relu:
        return std::max(x, 0.0);
    case RecurrentFunction::leaky_relu:
        return x < 0 ? a * x : x;
    case RecurrentFunction::thresholded_relu:
        return x >= a ? x : 0;
    case RecurrentFunction::elu:
        return x < 0 ? a * std::expm1(x) : x;
    case RecurrentFunction::hard_sigmoid:
        return std::clamp(a * x + b, 0.0, 1.0);
    case RecurrentFunction::softsign:
        return x / (1 + std::abs(x));
    case RecurrentFunction::softplus:
        return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
    case RecurrentFunction::affine:
        return a * x + b;
    case RecurrentFunction::scaled_tanh:
        return a * std::tanh(b * x);
    }
    return x;
}

/// One direction of a recurrent network, for one sequence of the batch.
class RecurrentCell
{
public:
    RecurrentCell(const Recurrent& op, const Arguments& arguments, int64_t direction)
        : op_(op)
        , units_(size_t(arguments.inputs[1]->shape()[2]))
        , weights_(part(arguments, 1, direction))
        , bias_(part(arguments, 2, direction))
        , peepholes_(part(arguments, 4, direction))
    {
        const std::vector<RecurrentActivation> functions = functions_by_direction(op);
        std::copy_n(functions.begin() + direction * 3, 3, functions_.begin());
    }

    void step(const double* inputs, HiddenState& h, HiddenState& c) const
    {
        const HiddenState before = h;
        for (size_t u = 0; u < units_; ++u)
        {
            switch (op_.kind)
            {
            case RecurrentKind::rnn:
                h[u] = f(0, inputs[u] + product(0, u, before));
                break;
            case RecurrentKind::gru:
                h[u] = gru(inputs, before, u);
                break;
            case RecurrentKind::lstm: {
                const double in = f(0, gate(0, inputs, before, u) + peephole(0, u) * c[u]);
                const double forgets = f(0, gate(2, inputs, before, u) + peephole(2, u) * c[u]);
                const double candidate = f(1, gate(3, inputs, before, u));
                c[u] = (op_.couples_forget ? 1 - in : forgets) * c[u] + in * candidate;
                h[u] = f(0, gate(1, inputs, before, u) + peephole(1, u) * c[u]) * f(2, c[u]);
                break;
            }
            }
        }
    }

private:
    static HiddenState part(const Arguments& arguments, size_t input, int64_t direction)
    {
        if (arguments.inputs[input] == nullptr)
            return {};
        const std::vector<float> values = arguments.inputs[input]->to_floats();
        const auto count = int64_t(values.size()) / arguments.inputs[input]->shape()[0];
        return {values.begin() + direction * count, values.begin() + (direction + 1) * count};
    }

    double f(size_t which, double x) const
    {
        const double bound = op_.clip ? double(*op_.clip) : HUGE_VAL;
        return recurrent_activated(functions_[which], std::clamp(x, -bound, bound));
    }

    double product(size_t gate, size_t unit, const HiddenState& h) const
    {
        const size_t row = gate * units_ + unit;
        double sum = bias_.empty() ? 0 : bias_[row];
        for (size_t k = 0; k < units_; ++k)
            sum += weights_[row * units_ + k] * h[k];
        return sum;
    }

    double gate(size_t index, const double* inputs, const HiddenState& h, size_t unit) const
    {
        return inputs[index * units_ + unit] + product(index, unit, h);
    }

    double peephole(size_t index, size_t unit) const
    {
        return peepholes_.empty() ? 0 : peepholes_[index * units_ + unit];
    }

    double gru(const double* inputs, const HiddenState& h, size_t unit) const
    {
        const double update = f(0, gate(0, inputs, h, unit));
        double candidate = 0;
        if (op_.resets_after_product)
        {
            candidate = inputs[2 * units_ + unit] + f(0, gate(1, inputs, h, unit)) * product(2, unit, h);
        }
        else
        {
            HiddenState reset = h;
            for (size_t k = 0; k < units_; ++k)
                reset[k] *= f(0, gate(1, inputs, h, k));
            candidate = gate(2, inputs, reset, unit);
        }
        return (1 - update) * f(1, candidate) + update * h[unit];
    }

    const Recurrent& op_;
    size_t units_;
    HiddenState weights_;
    HiddenState bias_;
    HiddenState peepholes_;
    std::array<RecurrentActivation, 3> functions_;
};

HiddenState initial_state(const Tensor* tensor, size_t first, size_t units)
{
    if (tensor == nullptr)
        return HiddenState(units);
    const std::vector<float> values = tensor->to_floats();
    return {values.begin() + std::ptrdiff_t(first), values.begin() + std::ptrdiff_t(first + units)};
}

} // namespace

Result<Tensors> evaluate(const Recurrent& op, const Arguments& arguments)
{
    const Shape& y = arguments.outputs[0].shape; // steps, directions, batch, units
    const Tensor* const lengths = arguments.inputs[3];
    const std::vector<float> floats = arguments.inputs[0]->to_floats();
    const HiddenState gates(floats.begin(), floats.end());
    const auto units = size_t(y[3]);
    const size_t row = size_t(arguments.inputs[0]->shape()[2] / y[1]); // gates of a direction
    std::vector<float> results(size_t(y.elements()));
    std::vector<float> last_h;
    std::vector<float> last_c;
    for (int64_t direction = 0; direction < y[1]; ++direction)
    {
        const RecurrentCell cell(op, arguments, direction);
        const bool is_reverse = direction == 1 || op.direction == RecurrentDirection::reverse;
        for (int64_t n = 0; n < y[2]; ++n)
        {
            const size_t first = size_t(direction * y[2] + n) * units;
            HiddenState h = initial_state(arguments.inputs[5], first, units);
            HiddenState c = initial_state(arguments.inputs[6], first, units);
            const int64_t length = lengths == nullptr ? y[0] : lengths->to_integers()[size_t(n)];
            for (int64_t step = 0; step < length; ++step)
            {
                const int64_t time = is_reverse ? length - 1 - step : step;
                cell.step(gates.data() + size_t((time * y[2] + n) * y[1] + direction) * row, h, c);
                std::copy(h.begin(), h.end(), results.begin() + ((time * y[1] + direction) * y[2] + n) * y[3]);
            }
            last_h.insert(last_h.end(), h.begin(), h.end());
            last_c.insert(last_c.end(), c.begin(), c.end());
        }
    }
    const Shape state = {y[1], y[2], y[3]};
    Tensors tensors = {Tensor::from(y, std::move(results)), Tensor::from(state, std::move(last_h))};
    if (op.kind == RecurrentKind::lstm)
        tensors.push_back(Tensor::from(state, std::move(last_c)));
    return tensors;
}

} // namespace vkseg::reference
