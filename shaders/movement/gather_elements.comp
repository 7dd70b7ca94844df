#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Writes one element of four values, each from the place along the axis that its index names. An index outside the source, which
// a shader cannot report, selects the nearest value.
#include "shared/bits.glsl"
#include "movement/gather_elements.h"

layout(push_constant) uniform Push { GatherElements p; };
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
        int rest = first + lane;
        const int index = indices[p.indices_offset + rest];
        int place = p.source_offset + clamp(index < 0 ? index + p.extent : index, 0, p.extent - 1) * p.axis_stride;
        for (int axis = p.axes - 1; axis >= 0; --axis)
        {
            const ivec2 outer = divide(rest, p.extents[axis]);
            place += outer.y * p.strides[axis];
            rest = outer.x;
        }
        values[lane] = bits_of(source[word_of(place)], place);
    }
    destination[p.destination_offset + i] = pack_bits(values);
}
