#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Moves one pair of a run to its place in the union of this run and its sibling.
#include "selection/pairs.glsl"

layout(push_constant) uniform Push { MergeRuns p; };
layout(binding = 0) writeonly buffer Merged { uvec2 merged[]; };
layout(binding = 1) readonly buffer Pairs { uvec2 pairs[]; };

int length_of(int run) { return run < p.runs ? min(p.extent - run * p.run, p.stored) : 0; }

void main()
{
    const int i = linear_index();
    if (i >= p.pairs)
        return;
    const ivec2 of_run = divide(i, p.stored);    // run among those of all rows, place
    const ivec2 run = divide(of_run.x, p.runs); // row, run
    if (of_run.y >= length_of(run.y))
        return;
    const uvec2 pair = pairs[i];
    const int sibling = run.y ^ 1;
    const int first = (of_run.x - run.y + sibling) * p.stored;
    int low = 0;
    int high = length_of(sibling);
    while (low < high)
    {
        const int middle = (low + high) / 2;
        const bool is_after = is_before(pairs[first + middle], pair);
        low = is_after ? middle + 1 : low;
        high = is_after ? high : middle;
    }
    const int place = of_run.y + low;
    if (place < p.merged_stored)
        merged[(run.x * ((p.runs + 1) / 2) + run.y / 2) * p.merged_stored + place] = pair;
}
