#version 450
#extension GL_GOOGLE_include_directive : require
// builds: i32
// Claims the places of four values of the input. Of several values with one index the last in row-major order wins, whichever
// invocation runs first.
#include "shared/tensor.glsl"
#include "pooling/max_unpool_scatter.glsl"

layout(binding = 0) buffer Claims { int claims[]; };
layout(binding = 1) readonly buffer Indices { ivec4 indices[]; };

void main()
{
    const Source source = find_source(linear_index(), int(gl_GlobalInvocationID.z));
    if (source.block < 0)
        return;
    const ivec4 found = indices[view_index(p.indices, source.batch, source.block, source.row, source.column)];
    for (int lane = 0; lane < lanes_of(source); ++lane)
    {
        const Target target = find_target(found[lane]);
        if (target.block >= 0)
            atomicMax(claims[claim_index(target)], claim_of(source, lane));
    }
}
