// Finds the channel of the largest or smallest value at one pixel of the resized input, so that the channels are never stored at
// the larger size.
#include "reduction/best.glsl"
#include "resize/resize_taps.glsl"

layout(binding = 0) writeonly buffer Y { ivec4 y[]; };

void main()
{
    const ivec2 row = divide(linear_index(), p.width);
    if (row.x >= p.height)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    const Taps taps = find_taps(row.x, row.y);
    Best best = best_of_nothing(ivec4(0, 1, 2, 3));
    for (int block = 0; block < p.blocks; ++block)
    {
        const ivec4 channel = block * 4 + ivec4(0, 1, 2, 3);
        const vec4 values = sample_plane(taps, view_index(p.x, batch, block, 0, 0));
        best = with_next(best, values, channel, lessThan(channel, ivec4(p.channels)));
    }
    y[view_index(p.y, batch, 0, row.x, row.y)] = ivec4(best_of_lanes(best).index.x, 0, 0, 0);
}
