#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Replaces each counter of one chunk by the sum of all counters before it.
#include "crf/lattice.glsl"

layout(push_constant) uniform Push { LatticeScan p; };
layout(binding = 0) buffer Counters { uint counters[]; };
layout(binding = 1) readonly buffer Sums { uint sums[]; };

void main()
{
    const int chunk = linear_index();
    if (chunk >= p.chunks)
        return;
    uint sum = 0;
    for (int i = 0; i < chunk; ++i)
        sum += sums[i];
    const int end = min((chunk + 1) * p.chunk, p.count);
    for (int i = chunk * p.chunk; i < end; ++i)
    {
        const uint count = counters[i];
        counters[i] = sum;
        sum += count;
    }
}
