#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Counts the vertices whose first entry lies in one chunk of sorted entries.
#include "crf/lattice.glsl"

layout(push_constant) uniform Push { LatticeScan p; };
layout(binding = 0) writeonly buffer Sums { uint sums[]; };
layout(binding = 1) readonly buffer Entries { uvec4 entries[]; };

void main()
{
    const int chunk = linear_index();
    if (chunk >= p.chunks)
        return;
    uint sum = 0;
    const int begin = chunk * p.chunk;
    const int end = min(begin + p.chunk, p.count);
    uvec2 before = begin < end ? entries[max(begin - 1, 0)].xy : uvec2(0);
    for (int i = begin; i < end; ++i)
    {
        const uvec2 key = entries[i].xy;
        sum += uint(i == 0 || key != before);
        before = key;
    }
    sums[chunk] = sum;
}
