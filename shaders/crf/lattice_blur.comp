#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 texels
// Blurs vertices, one after another, by [1/2 1 1/2] along one axis of the lattice, in several blocks of labels.
#include "crf/lattice.glsl"
#include "shared/read.glsl"

layout(constant_id = lattice_blocks_id) const int blocks = 1;
layout(constant_id = lattice_axis_id) const int axis = 0;

layout(binding = 0) writeonly buffer Blurred { vec4 blurred[]; };
TENSOR(1, values)
layout(binding = 2) readonly buffer Neighbours { uvec2 neighbours[]; };
layout(binding = 3) readonly buffer Vertices { uvec4 vertices[]; };

void main()
{
    const int count = int(vertices[0].x);
    for (int vertex = linear_index(); vertex <= count; vertex += invocations())
    {
        const ivec2 beside = ivec2(neighbours[vertex * lattice_corners + axis]) * blocks;
        for (int block = 0; block < blocks; ++block)
            blurred[vertex * blocks + block] =
                LOAD(values, vertex * blocks + block) +
                0.5 * (LOAD(values, beside.x + block) + LOAD(values, beside.y + block));
    }
}
