#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Computes one step of a unit of an LSTM, GRU or RNN, or one of the two parts of a GRU's step.
#include "shared/tensor.glsl"
#include "elementwise/activation.glsl"
#include "recurrent/recurrent.h"

layout(constant_id = recurrent_kind_id) const int kind = recurrent_lstm;
layout(constant_id = recurrent_phase_id) const int phase = recurrent_whole;
layout(constant_id = recurrent_has_y_id) const bool has_y = true;
layout(constant_id = recurrent_couples_forget_id) const bool couples_forget = false;
layout(constant_id = recurrent_function_id) const int function_0 = recurrent_tanh;
layout(constant_id = recurrent_function_id + 1) const int function_1 = recurrent_tanh;
layout(constant_id = recurrent_function_id + 2) const int function_2 = recurrent_tanh;
layout(constant_id = recurrent_function_id + 3) const int function_3 = recurrent_tanh;
layout(constant_id = recurrent_function_id + 4) const int function_4 = recurrent_tanh;
layout(constant_id = recurrent_function_id + 5) const int function_5 = recurrent_tanh;

layout(push_constant) uniform Push { Recurrent p; };
layout(binding = 0) writeonly buffer Y { float y[]; };
layout(binding = 1) readonly buffer Gates { float gates[]; };
layout(binding = 2) readonly buffer Weights { vec4 weights[]; };
layout(binding = 3) buffer State { float state[]; };

vec4 activated_by(int function, vec4 x, float a, float b)
{
    switch (function)
    {
    case recurrent_sigmoid:
        return sigmoid(x);
    case recurrent_relu:
        return max(x, 0.0);
    case recurrent_leaky_relu:
        return mix(x, a * x, lessThan(x, vec4(0.0)));
    case recurrent_thresholded_relu:
        return mix(vec4(0.0), x, greaterThanEqual(x, vec4(a)));
    case recurrent_elu:
        return mix(x, a * expm1(min(x, 0.0)), lessThan(x, vec4(0.0)));
    case recurrent_hard_sigmoid:
        return clamp(a * x + b, 0.0, 1.0);
    case recurrent_softsign:
        return x / (1.0 + abs(x));
    case recurrent_softplus:
        return max(x, 0.0) + log1p_unit(exp(-min(abs(x), exp_limit)));
    case recurrent_affine:
        return a * x + b;
    case recurrent_scaled_tanh:
        return a * tanh_careful(b * x);
    default:
        return tanh_careful(x);
    }
}

// The functions f, g and h (0, 1 and 2) of a direction; NaN stays NaN.
vec4 activated(int which, int direction, vec4 x)
{
    const int place = direction * 3 + which;
    const vec4 clipped = clamp(x, -p.clip, p.clip);
    const int forward = which == 0 ? function_0 : which == 1 ? function_1 : function_2;
    const int backward = which == 0 ? function_3 : which == 1 ? function_4 : function_5;
    if (forward == backward || direction == 0)
        return keep_nan(x, activated_by(forward, clipped, p.a[place], p.b[place]));
    return keep_nan(x, activated_by(backward, clipped, p.a[place], p.b[place]));
}

float activated(int which, int direction, float x) { return activated(which, direction, vec4(x)).x; }

void main()
{
    const int i = linear_index();
    const ivec2 entry = divide(i, p.units);             // batch entry of all directions, unit
    const ivec2 direction = divide(entry.x, p.batch); // direction, batch entry
    if (direction.x >= p.directions)
        return;
    const int length = p.lengths < 0 ? p.steps : int(weights[p.lengths + direction.y].x);
    const bool is_reverse = direction.x == 1 || p.is_first_reverse != 0;
    const bool is_active = p.step < length;
    const int time = is_active && is_reverse ? length - 1 - p.step : p.step;
    const int place = p.y_offset + ((time * p.directions + direction.x) * p.batch + direction.y) * p.units + entry.y;
    const float before = p.h_from < 0 ? 0.0 : state[p.h_from + i];
    if (!is_active)
    {
        if (phase == recurrent_gates)
            return;
        state[p.h_to + i] = before;
        if (kind == recurrent_lstm)
            state[p.c_to + i] = p.c_from < 0 ? 0.0 : state[p.c_from + i];
        if (has_y)
            y[place] = 0.0;
        return;
    }

    vec4 sums = p.bias < 0 ? vec4(0.0) : weights[p.bias + direction.x * p.units + entry.y];
    const int from = phase == recurrent_candidate ? p.reset : p.h_from;
    for (int k = 0; k < p.units && from >= 0; ++k)
        sums += state[from + entry.x * p.units + k] * weights[(direction.x * p.units + k) * p.units + entry.y];

    const int gate_count = kind == recurrent_lstm ? 4 : kind == recurrent_gru ? 3 : 1;
    const int first =
        p.gates_offset + ((time * p.batch + direction.y) * p.directions + direction.x) * gate_count * p.units + entry.y;
    vec4 inputs = vec4(0.0);
    inputs.x = gates[first];
    if (kind != recurrent_rnn)
    {
        inputs.y = gates[first + p.units];
        inputs.z = gates[first + p.units * 2];
    }
    if (kind == recurrent_lstm)
        inputs.w = gates[first + p.units * 3];

    float after;
    if (kind == recurrent_lstm) // gates i, o, f, c
    {
        const float cell = p.c_from < 0 ? 0.0 : state[p.c_from + i];
        const vec4 peepholes = p.peepholes < 0 ? vec4(0.0) : weights[p.peepholes + direction.x * p.units + entry.y];
        const vec4 opened = activated(0, direction.x, inputs + sums + vec4(peepholes.x * cell, 0.0, peepholes.z * cell, 0.0));
        const float candidate = activated(1, direction.x, inputs.w + sums.w);
        const float forget = couples_forget ? 1.0 - opened.x : opened.z;
        const float new_cell = forget * cell + opened.x * candidate;
        const float gate = activated(0, direction.x, inputs.y + sums.y + peepholes.y * new_cell);
        state[p.c_to + i] = new_cell;
        after = gate * activated(2, direction.x, new_cell);
    }
    else if (kind == recurrent_gru) // gates z, r, h
    {
        float update;
        float candidate;
        if (phase == recurrent_candidate)
        {
            update = state[p.c_to + i];
            candidate = inputs.z + sums.z;
        }
        else
        {
            const vec4 opened = activated(0, direction.x, inputs + sums);
            update = opened.x;
            candidate = inputs.z + opened.y * sums.z;
            if (phase == recurrent_gates)
            {
                state[p.c_to + i] = update;
                state[p.reset + i] = opened.y * before;
                return;
            }
        }
        after = (1.0 - update) * activated(1, direction.x, candidate) + update * before;
    }
    else
    {
        after = activated(0, direction.x, inputs.x + sums.x);
    }
    state[p.h_to + i] = after;
    if (has_y)
        y[place] = after;
}
