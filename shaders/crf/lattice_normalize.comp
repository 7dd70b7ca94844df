#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Multiplies the scale after the filter, found from the filter's response to ones, into the weights of one pixel's corners, and
// computes the scale before the filter.
#include "crf/lattice.glsl"

layout(constant_id = lattice_is_symmetric_id) const bool is_symmetric = true;

layout(push_constant) uniform Push { LatticeNormalize p; };
layout(binding = 0) buffer Incidence { uvec2 incidence[]; };
layout(binding = 1) writeonly buffer Scales { float scales[]; };
layout(binding = 2) readonly buffer Values { vec4 values[]; };
layout(binding = 3) readonly buffer Table { vec4 table[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.pixels)
        return;
    const int first = (p.pixels + i) * lattice_corners; // after the sorted entries, which are as many
    float sum = 0.0;
    for (int corner = 0; corner < lattice_corners; ++corner)
    {
        const uvec2 vertex = incidence[first + corner];
        sum += uintBitsToFloat(vertex.y) * values[vertex.x].x;
    }
    const float scale = is_symmetric ? inversesqrt(sum) : 1.0 / sum;
    for (int corner = 0; corner < lattice_corners; ++corner)
        incidence[first + corner].y = floatBitsToUint(uintBitsToFloat(incidence[first + corner].y) * scale);
    const ivec2 place = divide(i, p.width);
    scales[i] = is_symmetric ? scale / (table[p.scales_y + place.x].x * table[p.scales_x + place.y].x) : 1.0;
}
