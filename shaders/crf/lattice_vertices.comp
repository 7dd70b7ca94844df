#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Numbers the vertices of one chunk of sorted entries.
#include "crf/lattice.glsl"

layout(push_constant) uniform Push { LatticeScan p; };
layout(binding = 0) writeonly buffer Vertices { uvec4 vertices[]; };
layout(binding = 1) writeonly buffer Incidence { uvec2 incidence[]; };
layout(binding = 2) readonly buffer Entries { uvec4 entries[]; };
layout(binding = 3) readonly buffer Sums { uint sums[]; };

void main()
{
    const int chunk = linear_index();
    if (chunk >= p.chunks)
        return;
    uint vertex = 0;
    for (int i = 0; i < chunk; ++i)
        vertex += sums[i];
    const int begin = chunk * p.chunk;
    const int end = min(begin + p.chunk, p.count);
    uvec2 before = begin < end ? entries[max(begin - 1, 0)].xy : uvec2(0);
    for (int i = begin; i < end; ++i)
    {
        const uvec4 entry = entries[i];
        if (i == 0 || entry.xy != before)
        {
            ++vertex;
            vertices[vertex] = uvec4(entry.xy, i, 0);
        }
        before = entry.xy;
        incidence[i] = uvec2(entry.z / uint(lattice_corners), entry.w);
        incidence[p.count + int(entry.z)] = uvec2(vertex, entry.w);
    }
    if (begin < end && end == p.count)
    {
        vertices[0] = uvec4(vertex, 0, 0, 0);
        vertices[vertex + 1] = uvec4(0, 0, p.count, 0);
    }
}
