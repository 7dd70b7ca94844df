#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Appends those candidates of a row's chunk to the row's kept list that no kept box suppresses, by one workgroup. It takes as many
// candidates at a time as it has invocations.
#include "selection/nms.glsl"

layout(push_constant) uniform Push { NmsChunk p; };
layout(binding = 0) buffer State { uint state[]; };
layout(binding = 1) readonly buffer Boxes { vec4 boxes[]; };
layout(binding = 2) readonly buffer Candidates { uvec2 candidates[]; };

shared vec4 chunk_boxes[nms_chunk];
shared uint chunk_groups[nms_chunk];
shared uint chunk_kept[nms_chunk];
// For each candidate at hand: bits of the earlier ones at hand that overlap it; 1 if nothing kept before suppresses it.
shared uvec3 candidates_at_hand[nms_invocations];

bool is_suppressed_by(int other, vec4 box, uint group)
{
    return chunk_groups[other] == group && is_overlap_above(p.iou_threshold, chunk_boxes[other], box);
}

uvec2 bit_of(int i) { return i < 32 ? uvec2(1u << i, 0u) : uvec2(0u, 1u << (i - 32)); }
int count_bits(uvec2 bits) { return bitCount(bits.x) + bitCount(bits.y); }

void main()
{
    const int lane = int(gl_LocalInvocationID.x);
    const int row = workgroup_index();
    const int header = row * p.pitch;
    const int flags = header + nms_header;
    const int first = row * p.candidates + p.first;
    const bool is_row = row < p.rows;
    const bool is_first = p.first == 0;
    const bool is_done = !is_row || !is_first && state[header + nms_is_done] != 0u;
    const int members = is_done ? 0 : min(nms_chunk, p.candidates - p.first);
    for (int i = lane; i < members; i += nms_invocations)
    {
        chunk_boxes[i] = boxes[first + i];
        chunk_groups[i] = candidates[first + i].x;
    }
    const int before = is_done || is_first ? 0 : int(state[header + nms_count]);
    const int kept = flags + nms_chunk + before;
    const int room = p.max_kept - before;
    int count = 0;
    for (int begin = 0; begin < members && count < room; begin += nms_invocations)
    {
        const int member = begin + lane;
        bool is_open = member < members;
        if (is_open)
        {
            is_open = candidates[first + member].y < nms_dropped && (is_first || state[flags + member] == 0u);
            state[flags + member] = 0u; // for the next chunk
        }
        barrier();
        const vec4 box = chunk_boxes[min(member, members - 1)];
        const uint group = chunk_groups[min(member, members - 1)];
        for (int i = 0; i < count && is_open; ++i)
            is_open = !is_suppressed_by(int(chunk_kept[i]), box, group);
        uvec2 overlapping = uvec2(0);
        for (int i = 0; i < lane && is_open; ++i)
            overlapping |= is_suppressed_by(begin + i, box, group) ? bit_of(i) : uvec2(0);
        candidates_at_hand[lane] = uvec3(overlapping, is_open);
        barrier();
        // Every invocation resolves all of them, which takes no further barrier.
        uvec2 kept_bits = uvec2(0);
        for (int i = 0; i < nms_invocations; ++i)
        {
            const uvec3 candidate = candidates_at_hand[i];
            const bool is_kept = candidate.z != 0u && (candidate.xy & kept_bits) == uvec2(0);
            kept_bits |= is_kept && count + count_bits(kept_bits) < room ? bit_of(i) : uvec2(0);
        }
        const uvec2 own = bit_of(lane);
        if ((own & kept_bits) != uvec2(0))
        {
            const uvec2 earlier = lane < 32 ? uvec2(own.x - 1u, 0u) : uvec2(0xffffffffu, own.y - 1u);
            const int place = count + count_bits(earlier & kept_bits);
            chunk_kept[place] = member;
            state[kept + place] = p.first + member;
        }
        count += count_bits(kept_bits);
    }
    if (is_row && !is_done && lane == 0)
    {
        const bool is_end = candidates[first + members - 1].y == nms_end;
        state[header + nms_count] = before + count;
        state[header + nms_is_done] = uint(is_end || count >= room);
    }
}
