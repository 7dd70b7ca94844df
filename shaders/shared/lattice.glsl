// What kernels of the permutohedral lattice share.
#ifndef VKSEG_LATTICE_GLSL
#define VKSEG_LATTICE_GLSL

#include "tensor.glsl"
#include "lattice.h"

// Launches over vertices, of which only the device knows how many there are, go round until all are done.
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
