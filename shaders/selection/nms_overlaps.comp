#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Compares one candidate of a chunk with every p.parts-th box that was kept in an earlier chunk.
#include "selection/nms.glsl"

layout(push_constant) uniform Push { NmsChunk p; };
layout(binding = 0) buffer State { uint state[]; };
layout(binding = 1) readonly buffer Boxes { vec4 boxes[]; };
layout(binding = 2) readonly buffer Candidates { uvec2 candidates[]; };

void main()
{
    // Computed from the workgroup's index alone, so that drivers see that all invocations read the same kept boxes.
    const int groups = nms_chunk / nms_invocations; // of a chunk
    const ivec2 group = divide(workgroup_index(), groups);
    const ivec2 row = divide(group.x, p.parts); // row, part
    const int member = group.y * nms_invocations + int(gl_LocalInvocationID.x);
    const int candidate = p.first + member;
    if (row.x >= p.rows || candidate >= p.candidates)
        return;
    const int header = row.x * p.pitch;
    const int first = row.x * p.candidates;
    const uvec2 self = candidates[first + candidate];
    if (state[header + nms_is_done] != 0u || self.y >= nms_dropped)
        return;
    const vec4 box = boxes[first + candidate];
    const int kept = header + nms_header + nms_chunk;
    const int count = int(state[header + nms_count]);
    bool is_suppressed = false;
    for (int i = row.y; i < count && !is_suppressed; i += p.parts)
    {
        const int other = first + int(state[kept + i]);
        is_suppressed = candidates[other].x == self.x && is_overlap_above(p.iou_threshold, boxes[other], box);
    }
    if (is_suppressed)
        state[header + nms_header + member] = 1u;
}
