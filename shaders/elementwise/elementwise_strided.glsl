// Operand look-up of elementwise kernels on linear tensors under any broadcast.
#ifndef VKSEG_ELEMENTWISE_STRIDED_GLSL
#define VKSEG_ELEMENTWISE_STRIDED_GLSL

#include "elementwise/elementwise.h"
#include "shared/tensor.glsl"

layout(push_constant) uniform Push { ElementwiseStrided p; };

// Indices, counted in values, of what operands a, b and c (x, y, z) contribute to value i of the output.
ivec3 places_of(int i)
{
    ivec3 places = ivec3(p.a_offset, p.b_offset, p.c_offset) * 4;
    for (int axis = p.axes - 1; axis > 0; --axis)
    {
        const int outer = i / p.extents[axis];
        const int coordinate = i - outer * p.extents[axis];
        places += coordinate * ivec3(p.a_strides[axis], p.b_strides[axis], p.c_strides[axis]);
        i = outer;
    }
    return places + i * ivec3(p.a_strides[0], p.b_strides[0], p.c_strides[0]);
}

// Lanes of element i of the output that hold values; the others are padding, stored as 0.
bvec4 held_lanes(const int i)
{
    return lessThan(ivec4(i * 4) + ivec4(0, 1, 2, 3), ivec4(p.values));
}

#endif
