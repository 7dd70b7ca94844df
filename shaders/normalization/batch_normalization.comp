#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Normalises one element by the mean, scale and bias of its four channels.
#include "shared/tensor.glsl"
#include "normalization/batch_normalization.h"

layout(push_constant) uniform Push { BatchNormalization p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) readonly buffer X { ELEMENT x[]; };
layout(binding = 2) readonly buffer Coefficients { vec4 coefficients[]; };

void main()
{
    const int i = linear_index();
    const int line = i / p.width;
    const int block = line / p.rows;
    if (block >= p.blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    const int row = line - block * p.rows;
    const int column = i - line * p.width;
    const int first = p.first_coefficient + batch * p.coefficient_batch_pitch + block * 3;
    const vec4 values = decode(x[view_index(p.x, batch, block, row, column)]);
    const vec4 normal = (values - coefficients[first]) * coefficients[first + 1] + coefficients[first + 2];
    y[view_index(p.y, batch, block, row, column)] = encode(normal);
}
