// Stages the operands of an implicit matrix product in shared memory. Its outputs are pixels by channels; its depth is input
// blocks by taps, including slice taps with VOLUME. A step of the depth is one block of four inputs at one tap. A workgroup
// copies `slab_steps` steps at a time, for all of its pixels and output blocks. The weight layout is that of conv.comp with
// `tile_blocks` blocks in a tile. The depth covers the groups that the tile's outputs belong to.
//
// The including shader defines in advance: STAGED, the type of a staged element; STAGE(buffer, index), which reads one;
// X_PLACE(step, pixel) and WEIGHT_PLACE(step, lane, block), its index in x_slab and weights_slab; and x_slab_length and
// weights_slab_length. The number of invocations is a multiple of the number of pixels, and each invocation stages inputs of one
// pixel only.
#include "convolution/convolution.glsl"

shared STAGED x_slab[x_slab_length];
shared STAGED weights_slab[weights_slab_length];

struct Slabs
{
    int steps;   // in all
    int weights; // first weights of the tile, after its bias
    int corner;  // address of the pixel's first tap, which may lie outside the input
    int top;
    int left;
#ifdef VOLUME
    int first_plane; // plane of the first tap, which may lie outside the input
#endif
    // The next step to stage:
    int block;
#ifdef VOLUME
    int slice_tap;
#endif
    int row_tap;
    int column_tap;
};

const int stagers = int(gl_WorkGroupSize.x * gl_WorkGroupSize.y);
const int steps_at_once = stagers / group_pixels;

void advance(inout Slabs slabs)
{
    ++slabs.column_tap;
    const int row = int(slabs.column_tap == lower(p.kernel));
    slabs.column_tap *= 1 - row;
    slabs.row_tap += row;
#ifdef VOLUME
    const int slice = int(slabs.row_tap == upper(p.kernel));
    slabs.row_tap *= 1 - slice;
    slabs.slice_tap += slice;
    const int block = int(slabs.slice_tap == depth_taps);
    slabs.slice_tap *= 1 - block;
#else
    const int block = int(slabs.row_tap == upper(p.kernel));
    slabs.row_tap *= 1 - block;
#endif
    slabs.block += block;
}

#ifdef PARTIAL
void take_share(inout Slabs slabs)
{
    const ivec2 row = divide(first_step(), lower(p.kernel));
    slabs.column_tap = row.y;
#ifdef VOLUME
    const ivec2 slice = divide(row.x, upper(p.kernel));
    slabs.row_tap = slice.y;
    const ivec2 block = divide(slice.x, depth_taps);
    slabs.slice_tap = block.y;
#else
    const ivec2 block = divide(row.x, upper(p.kernel));
    slabs.row_tap = block.y;
#endif
    slabs.block = block.x;
    slabs.steps = min(slabs.steps, first_step() + p.share_steps);
}
#endif

Slabs find_slabs(int tile, int batch, int group_first_pixel)
{
    const int first_channel = tile * (4 * tile_blocks);
    const int last_channel = min(first_channel + 4 * tile_blocks, p.out_channels) - 1;
    const int first_block = first_channel / p.group_outputs * p.group_inputs / 4;
    const int end_block = ((last_channel / p.group_outputs + 1) * p.group_inputs + 3) / 4;

    Slabs slabs;
    slabs.steps = (end_block - first_block) * upper(p.kernel) * lower(p.kernel);
#ifdef VOLUME
    slabs.steps *= depth_taps;
    slabs.weights = p.weights_offset + tile * p.tile_pitch + tile_blocks;
    slabs.first_plane = FIRST_PLANE;
    slabs.slice_tap = 0;
#else
    slabs.weights = p.weights_offset + batch * p.weights_batch_pitch + tile * p.tile_pitch + tile_blocks;
#endif
    const int pixel = int(gl_LocalInvocationIndex) % group_pixels;
    const ivec2 place = divide(group_first_pixel + pixel, p.out_width);
    slabs.top = place.x * upper(p.stride) + p.row_origin;
    slabs.left = place.y * lower(p.stride) + p.column_origin;
    slabs.corner = view_index(p.x, FIRST_PLANE, first_block, slabs.top, slabs.left);
    slabs.block = 0;
    slabs.row_tap = 0;
    slabs.column_tap = 0;
#ifdef PARTIAL
    take_share(slabs);
#endif
    for (int i = 0; i < int(gl_LocalInvocationIndex) / group_pixels; ++i)
        advance(slabs);
    return slabs;
}

// Stages `slab_steps` steps from `begin` on; steps past the last are zero.
void stage(inout Slabs slabs, int begin)
{
    const int pixel = int(gl_LocalInvocationIndex) % group_pixels;
    for (int step = int(gl_LocalInvocationIndex) / group_pixels; step < slab_steps; step += steps_at_once)
    {
        const int dy = slabs.row_tap * upper(p.dilation);
        const int dx = slabs.column_tap * lower(p.dilation);
#ifdef VOLUME
        const int dz = slabs.slice_tap * depth_dilation;
        const uvec3 position = uvec3(slabs.left + dx, slabs.top + dy, slabs.first_plane + dz);
        const bool is_inside =
            begin + step < slabs.steps && all(lessThan(position, uvec3(p.in_width, p.in_height, p.in_depth)));
        const int place =
            slabs.corner + slabs.block * p.x.block_pitch + dz * p.x.batch_pitch + dy * p.x.row_pitch + dx;
#else
        const bool is_inside = begin + step < slabs.steps && all(lessThan(uvec2(slabs.left + dx, slabs.top + dy),
                                                                          uvec2(p.in_width, p.in_height)));
        const int place = slabs.corner + slabs.block * p.x.block_pitch + dy * p.x.row_pitch + dx;
#endif
        const STAGED values = STAGE(x, mix(0, place, is_inside));
        x_slab[X_PLACE(step, pixel)] = is_inside ? values : STAGED(0);
        for (int i = 0; i < steps_at_once; ++i)
            advance(slabs);
    }
    const int step_weights = 4 * tile_blocks;
    for (int i = int(gl_LocalInvocationIndex); i < slab_steps * step_weights; i += stagers)
    {
        const int step = i / step_weights;
        const int block = i / 4 % tile_blocks;
        const STAGED values = STAGE(weights, slabs.weights + min(begin * step_weights + i, slabs.steps * step_weights - 1));
        weights_slab[WEIGHT_PLACE(step, i % 4, block)] = begin + step < slabs.steps ? values : STAGED(0);
    }
}
