// Test of the consecutive values that an invocation is responsible for.
#ifndef VKSEG_NON_ZERO_GLSL
#define VKSEG_NON_ZERO_GLSL

#include "shared/bits.glsl"
#include "selection/non_zero.h"

layout(push_constant) uniform Push { NonZero p; };
layout(binding = 1) readonly buffer Source { BITS source[]; };

// Index of this workgroup in a grid that the host folded because it does not fit one dimension.
int block_index() { return int(gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x); }

int first_value() { return block_index() * non_zero_block + int(gl_LocalInvocationID.x) * non_zero_share; }

// Bit k is set if value k of the invocation's share is not 0.
uint find_non_zeros()
{
    const int first = first_value();
    uint found = 0u;
    for (int k = 0; k < non_zero_share && first + k < p.values; k += 4)
    {
        const uvec4 values = unpack_bits(source[p.source_offset + (first + k) / 4]) & p.magnitude_bits;
        const uvec4 bits = uvec4(notEqual(values, uvec4(0u))) << uvec4(0, 1, 2, 3);
        found |= (bits.x | bits.y | bits.z | bits.w) << k;
    }
    const int count = clamp(p.values - first, 0, non_zero_share);
    return found & ((1u << count) - 1u);
}

#endif
