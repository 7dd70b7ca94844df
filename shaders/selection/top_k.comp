#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Writes one element of four values, and one of their indices, from the sorted pairs of their rows.
#include "shared/bits.glsl"
#include "selection/top_k.h"

layout(constant_id = top_k_has_values_id) const bool has_values = true;
layout(constant_id = top_k_has_indices_id) const bool has_indices = true;

layout(push_constant) uniform Push { TopKPush p; };
layout(binding = 0) writeonly buffer Values { BITS values[]; };
layout(binding = 1) writeonly buffer Indices { uvec4 indices[]; };
layout(binding = 2) readonly buffer Source { uint source[]; };
layout(binding = 3) readonly buffer Pairs { uvec2 pairs[]; };

void main()
{
    const int i = linear_index();
    const int first = i * 4;
    if (first >= p.count)
        return;
    const int lanes = min(4, p.count - first);
    uvec4 value = uvec4(0);
    uvec4 index = uvec4(0);
    for (int lane = 0; lane < lanes; ++lane)
    {
        const ivec2 slice = divide(first + lane, p.inner); // all slices before the axis, place after the axis
        const ivec2 outer = divide(slice.x, p.k);
        const uint found = pairs[(outer.x * p.inner + slice.y) * p.k + outer.y].y;
        const int place = p.source_offset * 4 + (outer.x * p.extent + int(found)) * p.inner + slice.y;
        index[lane] = found;
        if (has_values)
            value[lane] = bits_of(source[word_of(place)], place);
    }
    if (has_values)
        values[p.values_offset + i] = pack_bits(value);
    if (has_indices)
        indices[p.indices_offset + i] = index;
}
