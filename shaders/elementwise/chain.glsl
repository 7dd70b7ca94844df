// Functions of a Chain on four values. They are few and cheap enough to compute all and select one, as some devices do with
// branches anyway. Costlier ones go in zero-or-one-iteration loops, the branch that every device skips if it is not needed.
#ifndef VKSEG_CHAIN_GLSL
#define VKSEG_CHAIN_GLSL

#include "elementwise/activation.glsl"
#include "elementwise/chain.h"

layout(constant_id = chain_steps_id) const int steps = 1;
layout(constant_id = chain_inputs_id) const int inputs = 1;
#define STEP_CONSTANTS(step, function, operand, a, b)                                                                  \
    layout(constant_id = chain_function_id + step * chain_step_ids) const int function = chain_add;                    \
    layout(constant_id = chain_operand_id + step * chain_step_ids) const int operand = chain_constant;                 \
    layout(constant_id = chain_a_id + step * chain_step_ids) const float a = 0;                                        \
    layout(constant_id = chain_b_id + step * chain_step_ids) const float b = 0;
STEP_CONSTANTS(0, function_0, operand_0, a_0, b_0)
STEP_CONSTANTS(1, function_1, operand_1, a_1, b_1)
STEP_CONSTANTS(2, function_2, operand_2, a_2, b_2)
STEP_CONSTANTS(3, function_3, operand_3, a_3, b_3)
STEP_CONSTANTS(4, function_4, operand_4, a_4, b_4)
STEP_CONSTANTS(5, function_5, operand_5, a_5, b_5)

vec4 chain_step(const int function, const vec4 v, const vec4 w, const float a, const float b)
{
    vec4 result = v;
#define CHAIN_FUNCTION(number, values) result = mix(result, values, bvec4(function == number));
#define CHAIN_COSTLY_FUNCTION(number, values)                                                                          \
    for (int i = 0; i < int(function == number); ++i)                                                                  \
        result = values;
    CHAIN_FUNCTION(chain_add, v + w)
    CHAIN_FUNCTION(chain_sub, v - w)
    CHAIN_FUNCTION(chain_sub_from, w - v)
    CHAIN_FUNCTION(chain_mul, v * w)
    CHAIN_FUNCTION(chain_div, v / w)
    CHAIN_FUNCTION(chain_div_into, w / v)
    CHAIN_FUNCTION(chain_min, smaller(v, w))
    CHAIN_FUNCTION(chain_max, larger(v, w))
    CHAIN_FUNCTION(chain_prelu, mix(v, v * w, lessThan(v, vec4(0))))
    CHAIN_FUNCTION(chain_square, v * v)
    CHAIN_FUNCTION(chain_clip, bounded(v, a, b))
    CHAIN_FUNCTION(chain_hard_sigmoid, bounded(a * v + b, 0.0, 1.0))
    CHAIN_FUNCTION(chain_hard_swish, v * clamp(v / 6.0 + 0.5, 0.0, 1.0))
    CHAIN_FUNCTION(chain_abs, abs(v))
    CHAIN_FUNCTION(chain_round, roundEven(v))
    CHAIN_COSTLY_FUNCTION(chain_sqrt, sqrt(v))
    CHAIN_COSTLY_FUNCTION(chain_exp, exp(v))
    CHAIN_COSTLY_FUNCTION(chain_sigmoid, keep_nan(v, sigmoid(v)))
    CHAIN_COSTLY_FUNCTION(chain_tanh, keep_nan(v, tanh_careful(v)))
    return result;
}

vec4 chain(const vec4 input_0, const vec4 input_1, const vec4 input_2)
{
    vec4 v = input_0;
#define CHAIN_STEP(n)                                                                                                  \
    if (n < steps)                                                                                                     \
    {                                                                                                                  \
        vec4 w = mix(vec4(a_##n), input_0, bvec4(operand_##n == 0));                                                   \
        w = mix(w, input_1, bvec4(operand_##n == 1));                                                                  \
        w = mix(w, input_2, bvec4(operand_##n == 2));                                                                  \
        v = chain_step(function_##n, v, w, a_##n, b_##n);                                                              \
    }
    CHAIN_STEP(0) CHAIN_STEP(1) CHAIN_STEP(2) CHAIN_STEP(3) CHAIN_STEP(4) CHAIN_STEP(5)
    return v;
}

#endif
