#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Moves one segment of entries to the places that their digits give.
#include "crf/lattice.glsl"

layout(push_constant) uniform Push { LatticeSort p; };
layout(binding = 0) writeonly buffer Sorted { uvec4 sorted_entries[]; };
layout(binding = 1) readonly buffer Entries { uvec4 entries[]; };
layout(binding = 2) readonly buffer Counters { uint counters[]; }; // sums of all counters before each

// Each invocation uses its own part: compilers put a private array that is indexed by a variable into slow memory.
shared uint places[lattice_bins * lattice_sorters];
#define PLACE(bin) places[(bin) * lattice_sorters + int(gl_LocalInvocationID.x)]

void main()
{
    const int segment = linear_index();
    if (segment >= p.segments)
        return;
    for (int bin = 0; bin < lattice_bins; ++bin)
        PLACE(bin) = counters[bin * p.segments + segment];
    const int end = min((segment + 1) * p.segment, p.entries);
    for (int i = segment * p.segment; i < end; ++i)
    {
        const uvec4 entry = entries[i];
        const int digit = int((p.word == 0 ? entry.x : entry.y) >> p.shift & uint(lattice_bins - 1));
        sorted_entries[PLACE(digit)++] = entry;
    }
}
