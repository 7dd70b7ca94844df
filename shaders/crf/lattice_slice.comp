#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 texels
// Interpolates the lattice at one pixel, in several blocks of labels.
#include "crf/lattice.glsl"
#include "shared/read.glsl"

layout(constant_id = lattice_blocks_id) const int blocks = 1;

layout(push_constant) uniform Push { LatticeFilter p; };
layout(binding = 0) writeonly buffer Messages { vec4 messages[]; };
TENSOR(1, values)
layout(binding = 2) readonly buffer Incidence { uvec4 corners[]; }; // two per element

void main()
{
    const int i = linear_index();
    if (i >= p.pixels)
        return;
    const int pairs = lattice_corners / 2;
    vec4 sums[blocks];
    for (int block = 0; block < blocks; ++block)
        sums[block] = vec4(0);
    for (int pair = 0; pair < pairs; ++pair)
    {
        const uvec4 corner = corners[(p.pixels + i) * pairs + pair]; // after the sorted entries, which are as many
        const ivec2 vertex = ivec2(corner.xz) * blocks;
        const vec2 weight = uintBitsToFloat(corner.yw);
        for (int block = 0; block < blocks; ++block)
            sums[block] += weight.x * LOAD(values, vertex.x + block) + weight.y * LOAD(values, vertex.y + block);
    }
    for (int block = 0; block < blocks; ++block)
        messages[(p.first_block + block) * p.pixels + i] = sums[block];
}
