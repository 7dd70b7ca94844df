#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Moves one element of four values.
#include "shared/bits.glsl"
#include "movement/copy_elements.h"

layout(push_constant) uniform Push { CopyElements p; };
layout(binding = 0) writeonly buffer Destination { BITS destination[]; };
layout(binding = 1) readonly buffer Source { BITS source[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    int rest = i;
    int from = p.source_offset;
    int to = p.destination_offset;
    for (int axis = p.axes - 1; axis > 0; --axis)
    {
        const int quotient = rest / p.extents[axis];
        const int coordinate = rest - quotient * p.extents[axis];
        from += coordinate * p.source_strides[axis];
        to += coordinate * p.destination_strides[axis];
        rest = quotient;
    }
    from += rest * p.source_strides[0];
    to += rest * p.destination_strides[0];
    destination[to] = source[from];
}
