#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Writes one element of four values, each from the slice that a tuple of indices names. Indices outside the source, which a shader
// cannot report, select the nearest slice.
#include "shared/bits.glsl"
#include "movement/gather_elements.h"

layout(push_constant) uniform Push { GatherNd p; };
layout(binding = 0) writeonly buffer Destination { BITS destination[]; };
layout(binding = 1) readonly buffer Source { uint source[]; };
layout(binding = 2) readonly buffer Indices { int indices[]; };

void main()
{
    const int i = linear_index();
    const int first = i * 4;
    if (first >= p.values)
        return;
    const int lanes = min(4, p.values - first);
    uvec4 values = uvec4(0);
    for (int lane = 0; lane < lanes; ++lane)
    {
        const ivec2 slice = divide(first + lane, p.inner); // slice of the output, place within
        int place = p.source_offset + divide(slice.x, p.slices_per_batch).x * p.batch_stride + slice.y;
        for (int axis = 0; axis < p.depth; ++axis)
        {
            const int index = indices[p.indices_offset + slice.x * p.depth + axis];
            const int extent = p.extents[axis];
            place += clamp(index < 0 ? index + extent : index, 0, extent - 1) * p.strides[axis];
        }
        values[lane] = bits_of(source[word_of(place)], place);
    }
    destination[p.destination_offset + i] = pack_bits(values);
}
