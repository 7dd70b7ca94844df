#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Writes to the output, which holds zeros, those of four input values whose claims won.
#include "shared/bits.glsl"
#include "pooling/max_unpool_scatter.glsl"

layout(binding = 0) buffer Y { uint y[]; };
layout(binding = 1) readonly buffer X { BITS x[]; };
layout(binding = 2) readonly buffer Indices { ivec4 indices[]; };
layout(binding = 3) readonly buffer Claims { int claims[]; };

void main()
{
    const Source source = find_source(linear_index(), int(gl_GlobalInvocationID.z));
    if (source.block < 0)
        return;
    const ivec4 found = indices[view_index(p.indices, source.batch, source.block, source.row, source.column)];
    const uvec4 values = unpack_bits(x[view_index(p.x, source.batch, source.block, source.row, source.column)]);
    for (int lane = 0; lane < lanes_of(source); ++lane)
    {
        const Target target = find_target(found[lane]);
        if (target.block < 0 || claims[claim_index(target)] != claim_of(source, lane))
            continue;
        const int value =
            view_index(p.y, target.batch, target.block, target.row, target.column) * 4 + target.lane;
#ifdef STORAGE_F16
        atomicOr(y[word_of(value)], values[lane] << ((value & 1) * 16)); // another invocation has the word's other half
#else
        y[word_of(value)] = values[lane];
#endif
    }
}
