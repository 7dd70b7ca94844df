#version 450
#extension GL_GOOGLE_include_directive : require
// Dense convolution from operands in shared memory.
// variant conv_shared                      f32 f16 PIXELS=8 BLOCKS=2
// variant conv_shared_half_weights         f32     PIXELS=8 BLOCKS=2 HALF_WEIGHTS
// variant conv_shared_partial              f32 f16 PIXELS=8 BLOCKS=2 PARTIAL
// variant conv_shared_small                f32 f16 PIXELS=4 BLOCKS=2
// variant conv_shared_small_half_weights   f32     PIXELS=4 BLOCKS=2 HALF_WEIGHTS
// variant conv_shared_small_partial        f32 f16 PIXELS=4 BLOCKS=2 PARTIAL
// variant conv_volume_shared               f32 f16 PIXELS=8 BLOCKS=2 VOLUME
// variant conv_volume_shared_partial       f32 f16 PIXELS=8 BLOCKS=2 VOLUME PARTIAL
// variant conv_volume_shared_small         f32 f16 PIXELS=4 BLOCKS=2 VOLUME
// variant conv_volume_shared_small_partial f32 f16 PIXELS=4 BLOCKS=2 VOLUME PARTIAL
//
// An invocation computes PIXELS outputs of the grid (conv.h) for BLOCKS blocks of channels. These lie a workgroup's width and
// height apart, so that neighbouring invocations read neighbouring operands. A workgroup computes PIXELS * gl_WorkGroupSize.x
// outputs for a tile of 4 * BLOCKS * gl_WorkGroupSize.y output channels from operands that it stages in shared memory
// (conv_slabs.glsl). With PARTIAL the workgroup sums over one share of the depth (convolution.glsl).
#include "shared/tensor.glsl"
#include "convolution/conv.h"

const int slab_steps = shared_slab_steps;
const int group_width = int(gl_WorkGroupSize.x);
const int group_height = int(gl_WorkGroupSize.y);
const int group_pixels = group_width * PIXELS;
const int tile_blocks = group_height * BLOCKS;
const int x_slab_length = slab_steps * group_pixels;
const int weights_slab_length = slab_steps * 4 * tile_blocks;
#define STAGED vec4
#define STAGE(buffer, index) LOAD(buffer, index)
#define X_PLACE(step, pixel) ((step) * group_pixels + (pixel))
#define WEIGHT_PLACE(step, lane, block) (((step) * 4 + (lane)) * tile_blocks + (block))
#include "convolution/conv_slabs.glsl"

#define FOR_BLOCKS_OF(STEP, k) STEP(k, 0) STEP(k, 1)
#define FOR_OUTPUTS(STEP) FOR_PIXELS_AND(FOR_BLOCKS_OF, STEP)

void main()
{
    const int tile = tile_index();
    const int batch = batch_index();
    const int column = int(gl_LocalInvocationID.x);
    const int first_block = int(gl_LocalInvocationID.y);
    Slabs slabs = find_slabs(tile, batch, first_pixel() - column);

    vec4 sums[PIXELS * BLOCKS];
#define START_SUM(k, b) sums[k * BLOCKS + b] = LOAD(weights, slabs.weights - tile_blocks + b * group_height + first_block);
    FOR_OUTPUTS(START_SUM)
#ifdef PARTIAL // the first share alone holds the bias
#define KEEP_SUM(k, b) sums[k * BLOCKS + b] = mix(vec4(0), sums[k * BLOCKS + b], bvec4(share_index() == 0));
    FOR_OUTPUTS(KEEP_SUM)
#define FIRST_STEP first_step()
#else
#define FIRST_STEP 0
#endif

    for (int begin = FIRST_STEP; begin < slabs.steps; begin += slab_steps)
    {
        stage(slabs, begin);
        barrier();
        for (int step = 0; step < slab_steps; ++step)
        {
            vec4 values[PIXELS];
#define LOAD_VALUE(k) values[k] = x_slab[X_PLACE(step, k * group_width + column)];
            FOR_PIXELS(LOAD_VALUE)
#define ACCUMULATE(k) sums[k * BLOCKS + block] += weight * values[k][lane];
#define ACCUMULATE_LANE(b, l)                                                                                          \
    {                                                                                                                  \
        const int block = b;                                                                                           \
        const int lane = l;                                                                                            \
        const vec4 weight = weights_slab[WEIGHT_PLACE(step, lane, block * group_height + first_block)];                \
        FOR_PIXELS(ACCUMULATE)                                                                                         \
    }
#define ACCUMULATE_BLOCK(b) ACCUMULATE_LANE(b, 0) ACCUMULATE_LANE(b, 1) ACCUMULATE_LANE(b, 2) ACCUMULATE_LANE(b, 3)
            ACCUMULATE_BLOCK(0)
            ACCUMULATE_BLOCK(1)
        }
        barrier();
    }

    FIND_PIXELS
#define SUM(k, b) sums[k * BLOCKS + b]
#define BLOCK(k, b) (tile * tile_blocks + b * group_height + first_block)
#define ROW(k, b) rows[k]
#define COLUMN(k, b) columns[k]
#ifdef PARTIAL
    FOR_OUTPUTS(STORE_SUM)
#else
    FINISH_OUTPUTS
#endif
}
