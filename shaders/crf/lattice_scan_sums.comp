#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Sums up one chunk of counters.
#include "crf/lattice.glsl"

layout(push_constant) uniform Push { LatticeScan p; };
layout(binding = 0) writeonly buffer Sums { uint sums[]; };
layout(binding = 1) readonly buffer Counters { uint counters[]; };

void main()
{
    const int chunk = linear_index();
    if (chunk >= p.chunks)
        return;
    uint sum = 0;
    const int end = min((chunk + 1) * p.chunk, p.count);
    for (int i = chunk * p.chunk; i < end; ++i)
        sum += counters[i];
    sums[chunk] = sum;
}
