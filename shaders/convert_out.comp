#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32
// Reads one element of four values of a tensor and writes them as row-major 32-bit words for the host.
#include "shared/tensor.glsl"
#include "convert.h"

layout(push_constant) uniform Push { Convert p; };
#ifdef STORAGE_I32
layout(binding = 0) writeonly buffer Host { int host[]; };
#else
layout(binding = 0) writeonly buffer Host { float host[]; };
#endif
layout(binding = 1) readonly buffer Tensor { ELEMENT tensor[]; };

void main()
{
    const int i = linear_index();
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
        const VALUES values = decode(tensor[view_index(p.tensor, batch.x, block, row.x, row.y)]);
        const int first = (batch.x * p.channels + block * 4) * plane + whole.y;
        const int lanes = min(4, p.channels - block * 4);
        for (int lane = 0; lane < lanes; ++lane)
            host[first + lane * plane] = values[lane];
    }
    else
    {
        if (i >= (p.elements + 3) / 4)
            return;
        const VALUES values = decode(tensor[p.tensor.offset + i]);
        const int lanes = min(4, p.elements - i * 4);
        for (int lane = 0; lane < lanes; ++lane)
            host[i * 4 + lane] = values[lane];
    }
}
