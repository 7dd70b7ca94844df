#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Clears one element of the output's share and the claims to it.
#include "shared/tensor.glsl"
#include "pooling/max_unpool_scatter.glsl"

layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) writeonly buffer Claims { ivec4 claims[]; };

void main()
{
    const int i = linear_index();
    const ivec2 row = divide(i, p.y_width);
    const ivec2 block = divide(row.x, p.y_rows);
    if (block.x >= p.y_blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    claims[batch * p.y_blocks * p.y_rows * p.y_width + i] = ivec4(0);
    y[view_index(p.y, batch, block.x, block.y, row.y)] = encode(vec4(0));
}
