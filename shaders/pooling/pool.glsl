// Pooling: an invocation reduces the window of one pixel in up to four blocks of channels, which share the tap look-up.
// The including shader defines START, the result of an empty window; COMBINE(a, b); PREPARE(values), applied to an input;
// COUNTS_PADDING, true if taps in the padding count; and FINISH(result, taps), with the number of counted taps.
#include "shared/read.glsl"
#include "pooling/pool_taps.glsl"

layout(constant_id = pool_blocks_id) const int pool_blocks = 4; // per invocation
// Kernel of a pool whose windows all lie in the input, otherwise 0.
layout(constant_id = pool_inner_width_id) const int inner_width = 0;
layout(constant_id = pool_inner_height_id) const int inner_height = 0;

layout(push_constant) uniform Push { Pool p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, x)

#define FOR_BLOCKS(STEP) STEP(0) STEP(1) STEP(2) STEP(3)

// Taps with bounds known at compile time if `kernel` is not 0, for devices that unroll loops.
Taps inner_taps(Taps taps, int kernel)
{
    return kernel == 0 ? taps : Taps(taps.start, 0, kernel);
}

// Number of taps of an axis in the input or its padding; taps of a last window past the padding do not count.
int padded_taps(PoolAxis axis, Taps taps)
{
    return min(axis.kernel, divide(axis.padded_end - taps.start + axis.dilation - 1, axis.dilation).x);
}

int inside_taps(Taps taps) { return max(taps.end - taps.first, 0); }

void main()
{
    const ivec4 place = place_of(p, linear_index());
    const int first_block = place.w * pool_blocks;
    if (first_block >= p.blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);
    const Taps width = inner_taps(taps_of(p.width, place.x), inner_width);
    const Taps height = inner_taps(taps_of(p.height, place.y), inner_height);
    const Taps depth = taps_of(p.depth, place.z);

    int froms[4];
    VALUES results[4];
    VALUES row_results[4]; // separate, so that sums over large windows have smaller rounding errors
#define BEGIN(b)                                                                                                       \
    froms[b] = view_index(p.x, batch, min(first_block + min(b, pool_blocks - 1), p.blocks - 1), 0, 0);                 \
    results[b] = VALUES(START);
#define BEGIN_ROW(b) row_results[b] = VALUES(START);
#define ADD_TAP(b) row_results[b] = COMBINE(row_results[b], PREPARE(LOAD(x, froms[b] + offset)));
#define ADD_ROW(b) results[b] = COMBINE(results[b], row_results[b]);
    FOR_BLOCKS(BEGIN)
    for (int k = depth.first; k < depth.end; ++k)
    {
        const int slice = (depth.start + k * p.depth.dilation) * p.height.input_extent;
        for (int j = height.first; j < height.end; ++j)
        {
            const int row = slice + height.start + j * p.height.dilation;
            int offset = row * p.x.row_pitch + width.start + width.first * p.width.dilation;
            FOR_BLOCKS(BEGIN_ROW)
            for (int i = width.first; i < width.end; ++i)
            {
                FOR_BLOCKS(ADD_TAP)
                offset += p.width.dilation;
            }
            FOR_BLOCKS(ADD_ROW)
        }
    }
    const int inside = inside_taps(width) * inside_taps(height) * inside_taps(depth);
    const int padded = padded_taps(p.width, width) * padded_taps(p.height, height) * padded_taps(p.depth, depth);
    const int taps = COUNTS_PADDING ? padded : inside;
#define STORE(b)                                                                                                       \
    if (b < pool_blocks && first_block + b < p.blocks)                                                                 \
    {                                                                                                                  \
        const int block = first_block + b;                                                                             \
        const bvec4 is_channel = bvec4(lane_mask(block * 4, p.channels));                                              \
        y[view_index(p.y, batch, block, place.z * p.height.output_extent + place.y, place.x)] =                        \
            encode(mix(VALUES(0), FINISH(results[b], taps), is_channel));                                              \
    }
    FOR_BLOCKS(STORE)
}
