#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Finds the neighbours of vertices, one after another, along one axis.
#include "crf/lattice.glsl"

layout(push_constant) uniform Push { LatticeNeighbours p; };
layout(binding = 0) writeonly buffer Neighbours { uvec2 neighbours[]; };
layout(binding = 1) readonly buffer Vertices { uvec4 vertices[]; };

const uint last = uint(lattice_corners - 1);

bool is_less(uvec2 a, uvec2 b)
{
    return a.y < b.y || (a.y == b.y && a.x < b.x);
}

// Number of the vertex with this key, 0 if there is none.
uint find(uvec2 key, uint count)
{
    uint low = 1; // all before it are less
    uint high = count + 1;
    while (low < high)
    {
        const uint middle = (low + high) / 2;
        if (is_less(vertices[middle].xy, key))
            low = middle + 1;
        else
            high = middle;
    }
    return low <= count && vertices[low].xy == key ? low : 0;
}

void main()
{
    const int shifts[last] = int[](p.key.shift_0, p.key.shift_1, p.key.shift_2, p.key.shift_3, p.key.shift_4);
    uvec2 all_fields = uvec2(0);
    for (int axis = 0; axis < last; ++axis)
        all_fields += key_field(1, shifts[axis]);
    const uint axis = gl_WorkGroupID.z;
    const uvec2 own_field = axis < last ? key_field(1, shifts[axis]) : uvec2(0);

    const uint count = vertices[0].x;
    for (uint vertex = uint(linear_index()); vertex <= count; vertex += uint(invocations()))
    {
        uvec2 found = uvec2(0);
        if (vertex != 0)
        {
            // A neighbour has all coordinates one more and the axis' own five less, or the other way round. Words do not
            // overflow.
            const uvec2 key = vertices[vertex].xy;
            const uint remainder = key.x & 7u;
            uvec2 up = key - own_field;
            uvec2 down = key + own_field;
            if (remainder == last)
                up += all_fields - uvec2(last, 0);
            else
                up.x += 1;
            if (remainder == 0)
                down += uvec2(last, 0) - all_fields;
            else
                down.x -= 1;
            found = uvec2(find(down, count), find(up, count));
        }
        neighbours[vertex * uint(lattice_corners) + axis] = found;
    }
}
