#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Computes the maxima of 2x2 windows in the plane that lie inside the input (most networks halve their pictures so), for one
// pixel in up to four blocks of channels, without loops.
#include "shared/nan.glsl"
#include "shared/read.glsl"
#include "pooling/pool.h"

layout(constant_id = pool_blocks_id) const int pool_blocks = 4; // per invocation

layout(push_constant) uniform Push { Pool p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, x)

void main()
{
    const ivec2 row = divide(linear_index(), p.width.output_extent);
    const ivec2 group = divide(row.x, p.height.output_extent);
    const int first_block = group.x * pool_blocks;
    if (first_block >= p.blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    const int from = view_index(p.x, batch, first_block, group.y * p.height.stride, row.y * p.width.stride);
    const int to = view_index(p.y, batch, first_block, group.y, row.y);
    const int right = p.width.dilation;
    const int down = p.height.dilation * p.x.row_pitch;
    // Padding lanes need no mask: the maximum of their zeros is zero.
#define COMPUTE(b)                                                                                                     \
    if (b < pool_blocks && first_block + b < p.blocks)                                                                 \
    {                                                                                                                  \
        const int at = from + b * p.x.block_pitch;                                                                     \
        const vec4 v0 = LOAD(x, at);                                                                                   \
        const vec4 v1 = LOAD(x, at + right);                                                                           \
        const vec4 v2 = LOAD(x, at + down);                                                                            \
        const vec4 v3 = LOAD(x, at + down + right);                                                                    \
        const vec4 largest = larger_number(larger_number(v0, v1), larger_number(v2, v3));                              \
        const ivec4 size = max(max(SIZE_BITS(v0), SIZE_BITS(v1)), max(SIZE_BITS(v2), SIZE_BITS(v3)));                  \
        y[to + b * p.y.block_pitch] = encode_read(largest, (infinity_bits - size) >> 31);                              \
    }
    COMPUTE(0)
    COMPUTE(1)
    COMPUTE(2)
    COMPUTE(3)
}
