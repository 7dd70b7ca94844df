#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 texels
// Gathers at one vertex after another what the pixels around give to it, in several blocks of labels.
#include "shared/lattice.glsl"
#include "shared/read.glsl"

layout(constant_id = 3) const int blocks = 1;
layout(constant_id = 4) const bool is_of_ones = false;

layout(push_constant) uniform Push { LatticeFilter p; };
layout(binding = 0) writeonly buffer Values { vec4 values[]; };
TENSOR(1, probabilities)
layout(binding = 2) readonly buffer Incidence { uvec2 incidence[]; };
layout(binding = 3) readonly buffer Vertices { uvec4 vertices[]; };

void main()
{
    const int count = int(vertices[0].x);
    for (int vertex = linear_index(); vertex <= count; vertex += invocations())
    {
        vec4 sums[blocks];
        for (int block = 0; block < blocks; ++block)
            sums[block] = vec4(0);
        const int begin = int(vertices[vertex].z);
        const int end = vertex == 0 ? begin : int(vertices[vertex + 1].z);
        for (int i = begin; i < end; ++i)
        {
            const uvec2 pixel = incidence[i];
            const float weight = uintBitsToFloat(pixel.y);
            for (int block = 0; block < blocks; ++block)
                sums[block] += weight * (is_of_ones ? vec4(1)
                                                    : LOAD(probabilities, (p.first_block + block) * p.pixels + int(pixel.x)));
        }
        for (int block = 0; block < blocks; ++block)
            values[vertex * blocks + block] = sums[block];
    }
}
