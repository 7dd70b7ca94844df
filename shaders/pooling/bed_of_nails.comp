#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Writes one element: an element of x at the start of its cell, zero elsewhere.
#include "shared/tensor.glsl"
#include "pooling/bed_of_nails.h"

layout(push_constant) uniform Push { BedOfNails p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
layout(binding = 1) readonly buffer X { ELEMENT x[]; };

void main()
{
    const int i = linear_index();
    const int rows = i / p.width;
    const int slices = rows / p.height;
    const int block = slices / p.depth;
    if (block >= p.blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    const ivec3 place = ivec3(i - rows * p.width, rows - slices * p.height, slices - block * p.depth);
    const ivec3 strides = ivec3(p.width_stride, p.height_stride, p.depth_stride);
    const ivec3 cell = place / strides;
    const int source_row = cell.z * (p.height / p.height_stride) + cell.y;
    const vec4 values = decode(x[view_index(p.x, batch, block, source_row, cell.x)]);
    const bool is_nail = cell * strides == place;
    y[view_index(p.y, batch, block, place.z * p.height + place.y, place.x)] =
        encode(mix(vec4(0.0), values, bvec4(is_nail)));
}
