#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Computes for each of a few launches how many workgroups compute the batch entries that are valid. One invocation in all.
#include "transfer/group_counts.h"

layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(push_constant) uniform Push { GroupCounts p; };
layout(binding = 0) writeonly buffer Groups { uvec4 groups[]; };
layout(binding = 1) readonly buffer Valid { int valid[]; };

void main()
{
    const int valid_entries = valid[p.count_offset];
    for (int i = 0; i < p.requests; ++i)
    {
        const GroupCountRequest request = p.request[i];
        const uvec3 all = uvec3(request.groups_xy & 0xffffu, request.groups_xy >> 16, request.groups_z_axis & 0xffffu);
        const bvec3 is_axis = equal(uvec3(0, 1, 2), uvec3(request.groups_z_axis >> 16));
        const uint count = uint(request.count);
        const uint entries = uint(clamp(valid_entries - request.first, 0, request.count));
        // Rounded up: an entry may begin within a workgroup.
        groups[i] = uvec4(mix(all, (all * entries + count - 1u) / count, is_axis), 0u);
    }
}
