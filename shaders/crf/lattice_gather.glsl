// Gathering of the pixels' contributions to vertices of the lattice, in several blocks of labels.
#include "crf/lattice.glsl"
#include "shared/read.glsl"

layout(constant_id = lattice_blocks_id) const int blocks = 1;
layout(constant_id = lattice_is_of_ones_id) const bool is_of_ones = false;

layout(push_constant) uniform Push { LatticeFilter p; };
layout(binding = 0) buffer Values { vec4 values[]; };
TENSOR(1, probabilities)
layout(binding = 2) readonly buffer Incidence { uvec2 incidence[]; };
layout(binding = 3) readonly buffer Vertices { uvec4 vertices[]; };

// Adds the contribution of entry i to sums[blocks].
#define GATHER(sums, i)                                                                                                \
    {                                                                                                                  \
        const uvec2 pixel = incidence[i];                                                                              \
        const float weight = uintBitsToFloat(pixel.y);                                                                 \
        for (int block = 0; block < blocks; ++block)                                                                   \
            sums[block] += weight * (is_of_ones ? vec4(1)                                                              \
                                                : LOAD(probabilities, (p.first_block + block) * p.pixels + int(pixel.x))); \
    }

// Index of a share's sums, which lie after the values of the max number of vertices: one per entry, and number 0.
int share_value(int share)
{
    return (p.pixels * lattice_corners + 1 + share) * blocks;
}
