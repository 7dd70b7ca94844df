#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Writes one element of four values, each taken from the update that claims its place, or from the data.
#include "shared/bits.glsl"
#include "movement/scatter_elements.h"

layout(push_constant) uniform Push { ScatterElements p; };
layout(binding = 0) writeonly buffer Destination { BITS destination[]; };
layout(binding = 1) readonly buffer Data { BITS data[]; };
layout(binding = 2) readonly buffer Updates { uint updates[]; };
layout(binding = 3) readonly buffer Claims { int claims[]; };

void main()
{
    const int i = linear_index();
    const int first = i * 4;
    if (first >= p.values)
        return;
    uvec4 values = unpack_bits(data[p.data_offset + i]);
    const int lanes = min(4, p.values - first);
    for (int lane = 0; lane < lanes; ++lane)
    {
        int rest = first + lane;
        int claim = 0;
        int update = p.updates_offset;
        bool is_within = true;
        for (int axis = p.axes - 1; axis >= 0; --axis)
        {
            const ivec2 outer = divide(rest, p.extents[axis]);
            claim += outer.y * p.claim_strides[axis];
            update += outer.y * p.update_strides[axis];
            is_within = is_within && outer.y < p.bounds[axis];
            rest = outer.x;
        }
        const int position = is_within ? claims[claim] : 0;
        if (position > 0)
        {
            update += (position - 1) * p.axis_stride;
            values[lane] = bits_of(updates[word_of(update)], update);
        }
    }
    destination[p.destination_offset + i] = pack_bits(values);
}
