// Shared code of the kernels of the permutohedral lattice.
#ifndef VKSEG_LATTICE_GLSL
#define VKSEG_LATTICE_GLSL

#include "shared/tensor.glsl"
#include "crf/lattice.h"

// Number of invocations of this dispatch. Only the device knows the number of vertices, so invocations loop over the vertices
// with this stride.
int invocations()
{
    return int(gl_NumWorkGroups.x * gl_NumWorkGroups.y * gl_WorkGroupSize.x);
}

uvec2 key_field(int value, int shift)
{
    const uint placed = uint(value) << (shift & 31);
    return shift < 32 ? uvec2(placed, 0) : uvec2(0, placed);
}

#endif
