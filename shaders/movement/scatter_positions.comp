#version 450
#extension GL_GOOGLE_include_directive : require
// builds: i32
// Computes the position along an axis that a tuple of indices names, or 2^31 - 1 if an index lies outside.
#include "shared/tensor.glsl"
#include "movement/scatter_elements.h"

layout(push_constant) uniform Push { ScatterPositions p; };
layout(binding = 0) writeonly buffer Positions { int positions[]; };
layout(binding = 1) readonly buffer Indices { int indices[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.tuples)
        return;
    int position = 0;
    bool is_inside = true;
    for (int axis = 0; axis < p.depth; ++axis)
    {
        int index = indices[p.indices_offset + i * p.depth + axis];
        index = index < 0 ? index + p.extents[axis] : index;
        is_inside = is_inside && index >= 0 && index < p.extents[axis];
        position += is_inside ? index * p.strides[axis] : 0;
    }
    positions[i] = is_inside ? position : 2147483647;
}
