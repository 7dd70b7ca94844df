#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Writes one element of four values, each taken from the slice of the source that an index selects. An index outside the source,
// which a shader cannot report, selects the nearest slice.
#include "shared/bits.glsl"
#include "movement/gather.h"

layout(push_constant) uniform Push { GatherPush p; };
layout(binding = 0) writeonly buffer Destination { BITS destination[]; };
layout(binding = 1) readonly buffer Source { uint source[]; };
layout(binding = 2) readonly buffer Indices { int indices[]; };

void main()
{
    const int i = linear_index();
    const int first = i * 4;
    if (first >= p.elements)
        return;
    const int lanes = min(4, p.elements - first);
    uvec4 values = uvec4(0);
    for (int lane = 0; lane < lanes; ++lane)
    {
        const int slice = (first + lane) / p.inner;
        const int within = (first + lane) - slice * p.inner;
        const int outer = slice / p.indices;
        int index = indices[p.indices_offset * 4 + slice - outer * p.indices];
        index = clamp(index < 0 ? index + p.extent : index, 0, p.extent - 1);
        const int value = p.source_offset * 4 + (outer * p.extent + index) * p.inner + within;
        values[lane] = bits_of(source[word_of(value)], value);
    }
    destination[p.destination_offset + i] = pack_bits(values);
}
