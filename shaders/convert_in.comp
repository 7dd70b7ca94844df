#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32
// Writes one element of four values of a tensor, from the row-major 32-bit words that the host uploaded.
#include "shared/tensor.glsl"
#include "convert.h"

layout(push_constant) uniform Push { Convert p; };
layout(binding = 0) writeonly buffer Tensor { ELEMENT tensor[]; };
#ifdef STORAGE_I32
layout(binding = 1) readonly buffer Host { int host[]; };
#else
layout(binding = 1) readonly buffer Host { float host[]; };
#endif

void main()
{
    const int i = linear_index();
    VALUES values = VALUES(0);
    if (p.is_blocked != 0)
    {
        const int plane = p.rows * p.width;
        const int blocks = (p.channels + 3) / 4;
        if (i >= p.batch * blocks * plane)
            return;
        const ivec2 whole = divide(i, plane);
        const ivec2 batch = divide(whole.x, blocks);
        const ivec2 row = divide(whole.y, p.width);
        const int block = batch.y;
        const int first = (batch.x * p.channels + block * 4) * plane + whole.y;
        const int lanes = min(4, p.channels - block * 4);
        for (int lane = 0; lane < lanes; ++lane)
            values[lane] = host[first + lane * plane];
        tensor[view_index(p.tensor, batch.x, block, row.x, row.y)] = encode(values);
    }
    else
    {
        if (i >= (p.elements + 3) / 4)
            return;
        const int lanes = min(4, p.elements - i * 4);
        for (int lane = 0; lane < lanes; ++lane)
            values[lane] = host[i * 4 + lane];
        tensor[p.tensor.offset + i] = encode(values);
    }
}
