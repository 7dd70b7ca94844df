// Resizes in the plane with TAPS x TAPS taps: an invocation computes one pixel in up to four blocks of channels, which share the
// tap look-up.
#include "resize/resize_taps.glsl"

layout(constant_id = resize_blocks_id) const int resize_blocks = 4; // per invocation

layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };

void main()
{
    const ivec2 row = divide(linear_index(), p.width);
    const ivec2 group = divide(row.x, p.height);
    const int first_block = group.x * resize_blocks;
    if (first_block >= p.blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    const Taps taps = find_taps(group.y, row.y);
#define COMPUTE(b)                                                                                                     \
    {                                                                                                                  \
        const int block = first_block + min(b, resize_blocks - 1);                                                     \
        const vec4 inside = sample_plane(taps, view_index(p.x, batch, min(block, p.blocks - 1), 0, 0));                \
        if (b < resize_blocks && block < p.blocks)                                                                     \
        {                                                                                                              \
            const bvec4 is_channel = bvec4(lane_mask(block * 4, p.channels));                                          \
            const vec4 outside = mix(vec4(0.0), vec4(p.extrapolation), is_channel);                                    \
            y[view_index(p.y, batch, block, group.y, row.y)] = encode(mix(inside, outside, bvec4(is_outside(taps))));  \
        }                                                                                                              \
    }
    COMPUTE(0)
    COMPUTE(1)
    COMPUTE(2)
    COMPUTE(3)
}
