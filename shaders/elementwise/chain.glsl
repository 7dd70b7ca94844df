// Functions of a Chain on four values. They are few and cheap enough to compute all and select one, as some devices do with
// branches anyway. Costlier ones go in zero-or-one-iteration loops, the branch that every device skips if it is not needed.
#ifndef VKSEG_CHAIN_GLSL
#define VKSEG_CHAIN_GLSL

#include "elementwise/activation.glsl"
#include "elementwise/chain.h"

layout(constant_id = chain_steps_id) const int steps = 1;
layout(constant_id = chain_inputs_id) const int inputs = 1;
layout(constant_id = chain_function_id + 0 * chain_step_ids) const int function_0 = chain_add;
layout(constant_id = chain_operand_id + 0 * chain_step_ids) const int operand_0 = chain_constant;
layout(constant_id = chain_a_id + 0 * chain_step_ids) const float a_0 = 0;
layout(constant_id = chain_b_id + 0 * chain_step_ids) const float b_0 = 0;
layout(constant_id = chain_function_id + 1 * chain_step_ids) const int function_1 = chain_add;
layout(constant_id = chain_operand_id + 1 * chain_step_ids) const int operand_1 = chain_constant;
layout(constant_id = chain_a_id + 1 * chain_step_ids) const float a_1 = 0;
layout(constant_id = chain_b_id + 1 * chain_step_ids) const float b_1 = 0;
layout(constant_id = chain_function_id + 2 * chain_step_ids) const int function_2 = chain_add;
layout(constant_id = chain_operand_id + 2 * chain_step_ids) const int operand_2 = chain_constant;
layout(constant_id = chain_a_id + 2 * chain_step_ids) const float a_2 = 0;
layout(constant_id = chain_b_id + 2 * chain_step_ids) const float b_2 = 0;
layout(constant_id = chain_function_id + 3 * chain_step_ids) const int function_3 = chain_add;
layout(constant_id = chain_operand_id + 3 * chain_step_ids) const int operand_3 = chain_constant;
layout(constant_id = chain_a_id + 3 * chain_step_ids) const float a_3 = 0;
layout(constant_id = chain_b_id + 3 * chain_step_ids) const float b_3 = 0;
layout(constant_id = chain_function_id + 4 * chain_step_ids) const int function_4 = chain_add;
layout(constant_id = chain_operand_id + 4 * chain_step_ids) const int operand_4 = chain_constant;
layout(constant_id = chain_a_id + 4 * chain_step_ids) const float a_4 = 0;
layout(constant_id = chain_b_id + 4 * chain_step_ids) const float b_4 = 0;
layout(constant_id = chain_function_id + 5 * chain_step_ids) const int function_5 = chain_add;
layout(constant_id = chain_operand_id + 5 * chain_step_ids) const int operand_5 = chain_constant;
layout(constant_id = chain_a_id + 5 * chain_step_ids) const float a_5 = 0;
layout(constant_id = chain_b_id + 5 * chain_step_ids) const float b_5 = 0;

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
