#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Counts how often each digit occurs in one segment of entries.
#include "crf/lattice.glsl"

layout(push_constant) uniform Push { LatticeSort p; };
layout(binding = 0) writeonly buffer Counters { uint counters[]; };
layout(binding = 1) readonly buffer Entries { uvec4 entries[]; };

// Each invocation uses its own part: compilers put a private array that is indexed by a variable into slow memory.
shared uint counts[lattice_bins * lattice_sorters];
#define COUNT(bin) counts[(bin) * lattice_sorters + int(gl_LocalInvocationID.x)]

void main()
{
    const int segment = linear_index();
    if (segment >= p.segments)
        return;
    for (int bin = 0; bin < lattice_bins; ++bin)
        COUNT(bin) = 0;
    const int end = min((segment + 1) * p.segment, p.entries);
    for (int i = segment * p.segment; i < end; ++i)
    {
        const uvec2 key = entries[i].xy;
        ++COUNT(int((p.word == 0 ? key.x : key.y) >> p.shift & uint(lattice_bins - 1)));
    }
    for (int bin = 0; bin < lattice_bins; ++bin)
        counters[bin * p.segments + segment] = COUNT(bin);
}
