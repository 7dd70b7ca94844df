// Operand look-up of elementwise kernels whose operands match element by element.
#ifndef VKSEG_ELEMENTWISE_GLSL
#define VKSEG_ELEMENTWISE_GLSL

#include "elementwise/elementwise.h"
#include "shared/tensor.glsl"

layout(constant_id = walk_id) const int walk = walk_any;

layout(push_constant) uniform Push { Elementwise p; };

// Batch, block, row and x of element i of the output.
ivec4 place_of(const int i)
{
    if (walk == walk_flat)
        return ivec4(0, i, 0, 0);
    const ivec2 line = divide(i, p.width);
    if (walk == walk_planes)
        return ivec4(0, line.x, 0, line.y);
    const ivec2 plane = divide(line.x, p.rows);
    const ivec2 batch = divide(plane.x, p.blocks);
    return ivec4(batch.x, batch.y, plane.y, line.y);
}

int index_at(const View view, const ivec4 place)
{
    return view_index(view, place.x, place.y, place.z, place.w);
}

int index_at(const Access access, const ivec4 place)
{
    return view_index(access.view, place.x, place.y, place.z, place.w * access.x_pitch);
}

vec4 spread(const vec4 values, const Access access)
{
    return mix(values, values.xxxx, bvec4(access.is_splat != 0));
}

ivec4 spread(const ivec4 values, const Access access)
{
    return mix(values, values.xxxx, bvec4(access.is_splat != 0));
}

// Lanes of an element that hold values; the others are padding, stored as 0 whatever the function returns for them.
bvec4 held_lanes(const ivec4 place)
{
    return lessThan(ivec4(place.y * 4) + ivec4(0, 1, 2, 3), ivec4(p.channels));
}

#endif
