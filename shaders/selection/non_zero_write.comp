#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Writes the columns of the nonzero values of one block, and zeros to those of the block's own columns that are not valid, by one
// workgroup.
#include "selection/non_zero.glsl"

layout(binding = 0) writeonly buffer Indices { int indices[]; };
layout(binding = 2) readonly buffer State { uint state[]; };

shared uint counts[non_zero_invocations];

void write_column(int column, int value)
{
    for (int axis = p.axes - 1; axis >= 0; --axis)
    {
        const ivec2 outer = divide(value, p.extents[axis]);
        indices[p.indices_offset * 4 + axis * p.values + column] = outer.y;
        value = outer.x;
    }
}

void main()
{
    const int lane = int(gl_LocalInvocationID.x);
    uint found = find_non_zeros();
    counts[lane] = bitCount(found);
    barrier();
    if (block_index() >= p.blocks)
        return;
    int column = int(state[block_index()]);
    for (int i = 0; i < lane; ++i)
        column += int(counts[i]);
    for (; found != 0u; found &= found - 1u)
        write_column(column++, first_value() + findLSB(found));

    const int total = int(state[p.blocks]);
    for (int k = 0; k < non_zero_share; ++k)
    {
        const int own = block_index() * non_zero_block + k * non_zero_invocations + lane;
        if (own >= total && own < p.values)
            write_column(own, 0);
    }
}
