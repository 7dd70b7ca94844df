#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::recurrent_operator_test {
namespace {

constexpr RecurrentKind kinds[] = {RecurrentKind::rnn, RecurrentKind::gru, RecurrentKind::lstm};
constexpr RecurrentDirection directions[] = {RecurrentDirection::forward, RecurrentDirection::reverse,
                                             RecurrentDirection::bidirectional};

struct Sizes
{
    int64_t steps = 1;
    int64_t batch = 1;
    int64_t units = 1;
};

int64_t gates_of(RecurrentKind kind)
{
    return kind == RecurrentKind::lstm ? 4 : kind == RecurrentKind::gru ? 3 : 1;
}

/// All inputs; those that are not required only if `has_all`.
std::vector<Tensor> inputs_of(const Recurrent& op, const Sizes& sizes, bool has_all)
{
    const int64_t direction_count = op.direction == RecurrentDirection::bidirectional ? 2 : 1;
    const int64_t gates = gates_of(op.kind) * sizes.units;
    const bool is_lstm = op.kind == RecurrentKind::lstm;
    const Shape state = {direction_count, sizes.batch, sizes.units};
    return {random({sizes.steps, sizes.batch, direction_count * gates}),
            random({direction_count, gates, sizes.units}, -0.5f, 0.5f, 2),
            has_all ? random({direction_count, gates}, -1, 1, 3) : missing(),
            has_all ? random_integers({sizes.batch}, 0, sizes.steps) : missing(),
            has_all && is_lstm ? random({direction_count, 3 * sizes.units}, -1, 1, 4) : missing(),
            has_all ? random(state, -1, 1, 5) : missing(),
            has_all && is_lstm ? random(state, -1, 1, 6) : missing()};
}

Check checked(const Recurrent& op, const Sizes& sizes)
{
    return {.outputs = op.kind == RecurrentKind::lstm ? size_t(3) : size_t(2),
            .terms = double(sizes.steps * sizes.units) * 16};
}

} // namespace

TEST_CASE("recurrent: every kind and direction, with all inputs and with none but the required")
{
    for (const RecurrentKind kind : kinds)
    {
        for (const RecurrentDirection direction : directions)
        {
            for (const bool has_all : {false, true})
            {
                Recurrent op = {.kind = kind, .direction = direction};
                const Sizes sizes = has_all ? Sizes{.steps = 5, .batch = 3, .units = 7} : Sizes{.steps = 4, .units = 6};
                check_op(op, inputs_of(op, sizes, has_all), checked(op, sizes));
                if (kind != RecurrentKind::gru)
                    continue;
                op.resets_after_product = true;
                check_op(op, inputs_of(op, sizes, has_all), checked(op, sizes));
            }
        }
    }
    const Recurrent lstm = {.direction = RecurrentDirection::bidirectional, .couples_forget = true};
    const Sizes wide = {.steps = 11, .batch = 2, .units = 70};
    check_op(lstm, inputs_of(lstm, wide, true), checked(lstm, wide));
}

TEST_CASE("recurrent: every activation function, one for each direction, and clipping")
{
    const Sizes sizes = {.steps = 3, .batch = 2, .units = 5};
    for (int function = 0; function <= int(RecurrentFunction::scaled_tanh); ++function)
    {
        Recurrent op = {.kind = RecurrentKind::rnn, .direction = RecurrentDirection::bidirectional};
        op.activations = {{.function = RecurrentFunction(function), .a = 0.6f, .b = 0.3f}, {}};
        if (function % 2 == 1)
            op.clip = 0.5f;
        check_op(op, inputs_of(op, sizes, false), checked(op, sizes));
    }
    Recurrent lstm;
    lstm.activations = {{.function = RecurrentFunction::hard_sigmoid, .a = 0.2f, .b = 0.5f},
                        {.function = RecurrentFunction::softsign},
                        {.function = RecurrentFunction::affine, .a = 0.7f, .b = 0.1f}};
    check_op(lstm, inputs_of(lstm, sizes, true), checked(lstm, sizes));
}

TEST_CASE("recurrent: refuses what does not fit and says why")
{
    const Recurrent lstm;
    const std::vector<Tensor> inputs = inputs_of(lstm, {.steps = 4, .batch = 2, .units = 3}, true);
    const auto with = [&](size_t index, Tensor tensor)
    {
        std::vector<Tensor> changed = inputs;
        changed[index] = std::move(tensor);
        return changed;
    };
    CHECK(refusal(lstm, inputs) == "");
    CHECK(refusal(lstm, with(0, random({4, 2, 13}))) ==
          "the products of the inputs must be floats with 3 axes, the last of 12, got f32 4x2x13");
    CHECK(refusal(lstm, with(1, random({1, 12, 4}))).find("weights must be floats of shape 1x4") == 0);
    CHECK(refusal(lstm, with(2, random({1, 11}))) == "the bias must have shape 1x12, got f32 1x11");
    CHECK(refusal(lstm, with(3, ints({4, 5}))) == "lengths of sequences must be from 0 to 4, got 5");
    CHECK(refusal(lstm, with(5, random({1, 3, 3}))) == "the initial h must have shape 1x2x3, got f32 1x3x3");
    Recurrent odd;
    odd.activations = {{}, {}};
    CHECK(refusal(odd, inputs) == "expected 3 activation functions, got 2");
    CHECK(refusal(Recurrent{.clip = 0.0f}, inputs) == "clip must be above 0, got 0.000000");
}

} // namespace vkseg::test::recurrent_operator_test
