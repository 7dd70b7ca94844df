#include "recurrent/recurrent.h"

#include "base/try.hpp"
#include "ops/block_shares.hpp"
#include "ops/loop_turns.hpp"
#include "ops/movement/copy.hpp"
#include "ops/operators.hpp"
#include "ops/recurrent/recurrent.hpp"
#include "ops/shape_rules.hpp"

#include <cmath>
#include <limits>

namespace vkseg {
namespace {

enum RecurrentInput : size_t
{
    gates_input,
    weights_input,
    bias_input,
    lengths_input,
    peepholes_input,
    h_input,
    c_input,
    recurrent_inputs
};

Status check_recurrent_shape(Inputs inputs, size_t index, const char* what, const Shape& expected)
{
    if (!is_given(inputs, index))
        return {};
    const bool is_right_type = index == lengths_input ? !is_float(inputs[index].type) : is_float(inputs[index].type);
    if (is_right_type && inputs[index].shape == expected)
        return {};
    return Status(StatusCode::invalid_model, std::string(what) + " must have shape " + to_string(expected) + ", got " +
                                                 name(inputs[index].type) + " " + to_string(inputs[index].shape));
}

Status check_lengths(const Tensor* lengths, int64_t steps)
{
    if (lengths == nullptr)
        return {};
    for (const int64_t length : lengths->to_integers())
    {
        if (length < 0 || length > steps)
            return Status(StatusCode::invalid_model, "lengths of sequences must be from 0 to " + std::to_string(steps) +
                                                         ", got " + std::to_string(length));
    }
    return {};
}

Status check_activations(const Recurrent& op)
{
    const size_t expected = functions_of(op.kind) * size_t(directions_of(op));
    if (op.activations.empty() || op.activations.size() == expected)
        return {};
    return Status(StatusCode::invalid_model, "expected " + std::to_string(expected) + " activation functions, got " +
                                                 std::to_string(op.activations.size()));
}

/// Places of the packed weights, in elements of four values; -1 for those that are not given.
struct PackedWeights
{
    int bias = -1;
    int peepholes = -1;
    int lengths = -1;
    int64_t elements = 0;
};

PackedWeights place_weights(Inputs inputs)
{
    const Shape& weights = inputs[weights_input].shape;
    const int64_t units = weights[2];
    PackedWeights packed = {.elements = weights[0] * units * units};
    const auto place = [&](size_t input, int& offset, int64_t elements)
    {
        if (!is_given(inputs, input))
            return;
        offset = int(packed.elements);
        packed.elements += elements;
    };
    place(bias_input, packed.bias, weights[0] * units);
    place(peepholes_input, packed.peepholes, weights[0] * units);
    place(lengths_input, packed.lengths, inputs[gates_input].shape[1]);
    return packed;
}

void write_weights(Inputs inputs, std::span<float> to)
{
    const PackedWeights packed = place_weights(inputs);
    const Shape& shape = inputs[weights_input].shape;
    const auto units = size_t(shape[2]);
    const auto gates = size_t(shape[1]) / units;
    std::fill(to.begin(), to.end(), 0.0f);
    const std::vector<float> weights = inputs[weights_input].constant->to_floats();
    for (size_t i = 0; i < weights.size(); ++i)
    {
        const size_t k = i % units;
        const size_t unit = i / units % units;
        const size_t gate = i / units / units % gates;
        const size_t direction = i / units / units / gates;
        to[((direction * units + k) * units + unit) * 4 + gate] = weights[i];
    }
    const auto write_lanes = [&](int first, size_t input, size_t lanes)
    {
        const std::vector<float> values = first < 0 ? std::vector<float>() : inputs[input].constant->to_floats();
        for (size_t i = 0; i < values.size(); ++i)
            to[(size_t(first) + i / units / lanes * units + i % units) * 4 + i / units % lanes] = values[i];
    };
    write_lanes(packed.bias, bias_input, gates);
    write_lanes(packed.peepholes, peepholes_input, 3);
    if (packed.lengths < 0)
        return;
    const std::vector<int64_t> lengths = inputs[lengths_input].constant->to_integers();
    for (size_t i = 0; i < lengths.size(); ++i)
        to[(size_t(packed.lengths) + i) * 4] = float(lengths[i]);
}

/// Parts of the scratch memory, each for an h of every direction, batch entry and unit.
struct RecurrentState
{
    Operand h; ///< the shape of a part

    int64_t elements() const { return h.elements4(); }
    Operand part(int64_t index) const
    {
        Operand part = h;
        part.view.offset = int(index * elements());
        part.buffer_bytes = bytes();
        return part;
    }
    int offset(int64_t index) const { return int(index * elements() * 4); }
    size_t bytes() const { return size_t(5 * elements()) * element_bytes(Storage::f32); }
};

class RecurrentPlanner
{
public:
    RecurrentPlanner(const Recurrent& op, const PlanRequest& request)
        : op_(op)
        , request_(request)
        , state_{.h = {.shape = {directions_of(op), request.inputs[gates_input].shape[1],
                                 request.infos[weights_input].shape[2]},
                       .layout = Layout::linear,
                       .is_present = true}}
    {}

    Result<Plan> run()
    {
        const Operand& gates = request_.inputs[gates_input];
        VKSEG_TRY(check_binding("input", gates, request_.limits));
        for (const Operand& y : request_.outputs)
            VKSEG_TRY(check_binding("output", y, request_.limits));
        const PackedWeights packed = place_weights(request_.infos);
        VKSEG_TRY(check_scratch("the weights", size_t(packed.elements) * element_bytes(Storage::f32), request_.limits));
        plan_.weight_layouts = {WeightLayout{}};
        plan_.scratch_bytes = {state_.bytes()};
        VKSEG_TRY(check_scratch("the states", state_.bytes(), request_.limits));
        const int64_t steps = gates.shape[0];
        VKSEG_TRY(check_launches(2 * steps + 4));
        VKSEG_TRY(check_loop_turns(state_.h.shape[2] + 1, request_.limits));
        begin(h_input, old_h);
        begin(c_input, cell);
        for (int64_t step = 0; step < steps; ++step)
            append_step(packed, step);
        end(1, steps % 2 == 0 ? old_h : new_h);
        end(2, cell);
        return std::move(plan_);
    }

private:
    enum Part : int64_t
    {
        old_h, // even steps write the new one
        new_h,
        cell,
        reset
    };

    bool has_input(size_t input) const { return is_given(request_.infos, input); }

    /// Copies an initial state.
    void begin(size_t input_index, Part part)
    {
        if (!has_input(input_index))
            return;
        const Operand destination = state_.part(part);
        plan_.dispatches.push_back(copy(reshape_move(destination.shape, destination.shape),
                                        {.source = request_.inputs[input_index],
                                         .source_binding = input(uint32_t(input_index)),
                                         .destination = destination,
                                         .destination_binding = scratch()},
                                        request_.limits));
    }

    /// Copies a state to an output.
    void end(uint32_t output_index, Part part)
    {
        if (output_index >= request_.outputs.size() || !request_.outputs[output_index].is_present)
            return;
        const Operand source = state_.part(part);
        plan_.dispatches.push_back(copy(reshape_move(source.shape, source.shape),
                                        {.source = source,
                                         .source_binding = scratch(),
                                         .destination = request_.outputs[output_index],
                                         .destination_binding = output(output_index)},
                                        request_.limits));
    }

    void append_step(const PackedWeights& packed, int64_t step)
    {
        const bool has_two_phases = op_.kind == RecurrentKind::gru && !op_.resets_after_product;
        if (has_two_phases)
        {
            append_launch(packed, step, contract::recurrent_gates);
            append_launch(packed, step, contract::recurrent_candidate);
        }
        else
            append_launch(packed, step, contract::recurrent_whole);
    }

    void append_launch(const PackedWeights& packed, int64_t step, int phase)
    {
        const bool has_y = request_.outputs[0].is_present;
        const std::vector<RecurrentActivation> functions = functions_by_direction(op_);
        const Shape& h = state_.h.shape;
        const bool has_h = step > 0 || has_input(h_input);
        const bool has_c = step > 0 || has_input(c_input);
        contract::Recurrent push = {.step = int(step),
                                    .steps = int(request_.inputs[gates_input].shape[0]),
                                    .batch = int(h[1]),
                                    .directions = int(h[0]),
                                    .units = int(h[2]),
                                    .is_first_reverse = op_.direction == RecurrentDirection::reverse ? 1 : 0,
                                    .gates_offset = request_.inputs[gates_input].view.offset * 4,
                                    .y_offset = has_y ? request_.outputs[0].view.offset * 4 : 0,
                                    .h_from = has_h ? state_.offset(step % 2 == 0 ? old_h : new_h) : -1,
                                    .h_to = state_.offset(step % 2 == 0 ? new_h : old_h),
                                    .c_from = has_c ? state_.offset(cell) : -1,
                                    .c_to = state_.offset(cell),
                                    .reset = state_.offset(reset),
                                    .bias = packed.bias,
                                    .peepholes = packed.peepholes,
                                    .lengths = packed.lengths,
                                    .clip = op_.clip.value_or(std::numeric_limits<float>::infinity()),
                                    .a = {},
                                    .b = {}};
        Dispatch dispatch = {.shader = Shader::recurrent,
                             .specialization = {{contract::recurrent_kind_id, int(op_.kind)},
                                                {contract::recurrent_phase_id, phase},
                                                {contract::recurrent_has_y_id, has_y},
                                                {contract::recurrent_couples_forget_id, op_.couples_forget}}};
        for (size_t i = 0; i < functions.size(); ++i)
        {
            push.a[i] = functions[i].a;
            push.b[i] = functions[i].b;
            dispatch.specialization.set({contract::recurrent_function_id + int(i), int(functions[i].function)});
        }
        dispatch.push_constants = push;
        // Every binding needs a buffer: without y, the state is bound in its place and not written there.
        dispatch.bindings = {has_y ? output(0) : scratch(), input(gates_input), weights(), scratch()};
        dispatch.operations = 8.0 * double(h.elements()) * double(h[2]);
        set_linear_grid(dispatch, h.elements(), request_.limits);
        plan_.dispatches.push_back(std::move(dispatch));
    }

    const Recurrent& op_;
    const PlanRequest& request_;
    RecurrentState state_;
    Plan plan_;
};

} // namespace

static_assert(int(RecurrentKind::rnn) == contract::recurrent_rnn &&
              int(RecurrentKind::gru) == contract::recurrent_gru &&
              int(RecurrentKind::lstm) == contract::recurrent_lstm &&
              int(RecurrentFunction::scaled_tanh) == contract::recurrent_scaled_tanh);

int64_t directions_of(const Recurrent& op)
{
    return op.direction == RecurrentDirection::bidirectional ? 2 : 1;
}

size_t functions_of(RecurrentKind kind)
{
    return kind == RecurrentKind::lstm ? 3 : kind == RecurrentKind::gru ? 2 : 1;
}

std::vector<RecurrentActivation> functions_by_direction(const Recurrent& op)
{
    constexpr RecurrentActivation tanh = {.function = RecurrentFunction::tanh};
    constexpr RecurrentActivation sigmoid = {.function = RecurrentFunction::sigmoid};
    const size_t each = functions_of(op.kind);
    std::vector<RecurrentActivation> functions(6, tanh);
    for (size_t i = 0; i < functions.size(); ++i)
    {
        const size_t direction = i / 3 % size_t(directions_of(op));
        if (op.activations.empty())
            functions[i] = i % 3 == 0 && op.kind != RecurrentKind::rnn ? sigmoid : tanh;
        else if (i % 3 < each)
            functions[i] = op.activations[direction * each + i % 3];
    }
    return functions;
}

Signature signature(const Recurrent& op)
{
    constexpr const char* names[] = {"RNN", "GRU", "LSTM"};
    return {.name = names[size_t(op.kind)],
            .min_inputs = 2,
            .max_inputs = recurrent_inputs,
            .max_outputs = op.kind == RecurrentKind::lstm ? size_t(3) : size_t(2),
            .trailing_data_inputs = 2,
            .packs_shapes = true,
            .packed_axes = {1},
            .is_f32 = true};
}

Result<Outputs> infer(const Recurrent& op, Inputs inputs)
{
    VKSEG_TRY(check_given(inputs, 2));
    if (inputs.size() != recurrent_inputs)
        return Status(StatusCode::invalid_model, "expected " + std::to_string(recurrent_inputs) +
                                                     " inputs, with those that are left out, got " +
                                                     std::to_string(inputs.size()));
    const Shape& gates = inputs[gates_input].shape;
    const Shape& weights = inputs[weights_input].shape;
    const int64_t gate_count = op.kind == RecurrentKind::lstm ? 4 : op.kind == RecurrentKind::gru ? 3 : 1;
    const int64_t directions = directions_of(op);
    const int64_t units = weights.rank() == 3 ? weights[2] : 0;
    if (!is_float(inputs[weights_input].type) || weights.rank() != 3 || units < 1 || units > 32767 ||
        weights[0] != directions || weights[1] != gate_count * units)
        return Status(StatusCode::invalid_model, "weights must be floats of shape " + std::to_string(directions) + "x" +
                                                     std::to_string(gate_count) + "·HxH for H hidden values, got " +
                                                     name(inputs[weights_input].type) + " " + to_string(weights));
    if (!is_float(inputs[gates_input].type) || gates.rank() != 3 || gates[2] != directions * gate_count * units)
        return Status(StatusCode::invalid_model, "the products of the inputs must be floats with 3 axes, the last of " +
                                                     std::to_string(directions * gate_count * units) + ", got " +
                                                     name(inputs[gates_input].type) + " " + to_string(gates));
    const Shape state = {directions, gates[1], units};
    VKSEG_TRY(check_recurrent_shape(inputs, bias_input, "the bias", {directions, gate_count * units}));
    VKSEG_TRY(check_recurrent_shape(inputs, lengths_input, "lengths of sequences (integers)", {gates[1]}));
    VKSEG_TRY(check_recurrent_shape(inputs, peepholes_input, "peepholes", {directions, 3 * units}));
    VKSEG_TRY(check_recurrent_shape(inputs, h_input, "the initial h", state));
    VKSEG_TRY(check_recurrent_shape(inputs, c_input, "the initial c", state));
    VKSEG_TRY(check_lengths(is_given(inputs, lengths_input) ? inputs[lengths_input].constant : nullptr, gates[0]));
    VKSEG_TRY(check_activations(op));
    if (op.clip && !(*op.clip > 0))
        return Status(StatusCode::invalid_model, "clip must be above 0, got " + std::to_string(*op.clip));
    if (is_empty(gates) && !is_empty(state))
        return Status(StatusCode::unsupported, "sequences must have a step, got " + to_string(gates));
    VKSEG_ASSIGN(Outputs outputs, single_output(inputs[gates_input].type, {gates[0], directions, gates[1], units}));
    for (size_t i = op.kind == RecurrentKind::lstm ? 0 : 1; i < 2; ++i)
        outputs.push_back({.type = inputs[gates_input].type, .shape = state});
    return outputs;
}

LayoutRule layout_rule(const Recurrent&, Inputs)
{
    return LayoutRule::linear;
}

Result<Plan> plan(const Recurrent& op, const PlanRequest& request)
{
    return RecurrentPlanner(op, request).run();
}

Packing pack(const Recurrent&, Inputs inputs, const WeightLayout&, Storage)
{
    const std::vector<TensorInfo> infos(inputs.begin(), inputs.end());
    return {.bytes = size_t(place_weights(infos).elements) * element_bytes(Storage::f32),
            .write = [infos](std::span<std::byte> to)
            {
                std::vector<float> values(to.size() / sizeof(float));
                write_weights(infos, values);
                std::memcpy(to.data(), values.data(), to.size());
            }};
}

int64_t multiply_adds(const Recurrent&, Inputs inputs, const Outputs&)
{
    const Shape& gates = inputs[gates_input].shape;
    return gates[0] * gates[1] * inputs[weights_input].shape.elements();
}

} // namespace vkseg
