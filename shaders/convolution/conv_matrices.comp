#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f16 matrices
// Convolution by products of f16 matrices with f32 sums: a subgroup computes 2 x 2 matrices of channels by pixels. A workgroup of
// 2 x 2 subgroups computes a tile of 4 * matrix_columns outputs of the grid (conv.h) for 4 * matrix_rows output channels from
// operands that it stages in shared memory (conv_slabs.glsl).
#include "convolution/matrices.glsl"
#include "shared/tensor.glsl"

const int subgroups_across = 2; // along pixels, and along channels
const int matrices_across = 2;  // in a subgroup, along pixels and along channels
const int slab_steps = 8;
const int group_pixels = subgroups_across * matrices_across * matrix_columns;
const int tile_blocks = subgroups_across * matrices_across * matrix_rows / 4;
// Padding of two elements against bank conflicts: columns that begin 2^n bytes apart lie in the same banks of shared memory.
const int x_pitch = slab_steps + 2;
const int weights_pitch = tile_blocks + 2;
const int x_slab_length = group_pixels * x_pitch;
const int weights_slab_length = slab_steps * 4 * weights_pitch;
const int matrix_values = matrix_rows * matrix_columns;
#define STAGED uvec2
#define STAGE(buffer, index) buffer[index]
#define X_PLACE(step, pixel) ((pixel) * x_pitch + (step))
#define WEIGHT_PLACE(step, lane, block) (((step) * 4 + (lane)) * weights_pitch + (block))
#define PIXELS 1
#include "convolution/conv_slabs.glsl"

shared float results[subgroups_across * subgroups_across * matrix_values]; // one matrix per subgroup

#define FOR_MATRICES(STEP) STEP(0, 0) STEP(0, 1) STEP(1, 0) STEP(1, 1)
#define FOR_OUTPUTS(STEP) STEP(0, 0)
#define SUM(m, n) sum
#define BLOCK(m, n) out_block
#define ROW(m, n) place.x
#define COLUMN(m, n) place.y

void main()
{
    const int tile = tile_index();
    const int batch = batch_index();
    const int first = group_index() * group_pixels;
    const int subgroup = int(gl_SubgroupID);
    const int first_column = subgroup % subgroups_across * matrices_across * matrix_columns;
    const int first_row = subgroup / subgroups_across * matrices_across * matrix_rows;
    Slabs slabs = find_slabs(tile, batch, first);

    SUM_MATRIX sums[matrices_across * matrices_across];
#define CLEAR(i, k) sums[i * matrices_across + k] = SUM_MATRIX(0.0);
    FOR_MATRICES(CLEAR)

    for (int begin = 0; begin < slabs.steps; begin += slab_steps)
    {
        stage(slabs, begin);
        barrier();
        for (int depth = 0; depth < slab_steps * 4; depth += matrix_depth)
        {
            LEFT left[matrices_across];
            RIGHT right[matrices_across];
#define LOAD_FACTORS(i)                                                                                                \
    LOAD_MATRIX(left[i], weights_slab, depth * weights_pitch + (first_row + i * matrix_rows) / 4, weights_pitch);      \
    LOAD_MATRIX(right[i], x_slab, (first_column + i * matrix_columns) * x_pitch + depth / 4, x_pitch);
            LOAD_FACTORS(0)
            LOAD_FACTORS(1)
#define ACCUMULATE(i, k)                                                                                               \
    sums[i * matrices_across + k] = MULTIPLY_ADD(left[i], right[k], sums[i * matrices_across + k]);
            FOR_MATRICES(ACCUMULATE)
        }
        barrier();
    }

    // The element-to-invocation mapping is implementation-defined, so the results go through shared memory.
    const int own = subgroup * matrix_values;
#define FINISH_MATRIX(i, k)                                                                                            \
    STORE_MATRIX(sums[i * matrices_across + k], results, own, matrix_rows);                                            \
    barrier();                                                                                                         \
    for (int e = int(gl_SubgroupInvocationID); e < matrix_values / 4; e += int(gl_SubgroupSize))                       \
    {                                                                                                                  \
        const int pixel = e % matrix_columns;                                                                          \
        const int block = e / matrix_columns;                                                                          \
        const int from = own + pixel * matrix_rows + block * 4;                                                        \
        const int tile_block = (first_row + i * matrix_rows) / 4 + block;                                              \
        const int out_block = tile * tile_blocks + tile_block;                                                         \
        const ivec2 place = divide(first + first_column + k * matrix_columns + pixel, p.out_width);                    \
        vec4 sum = vec4(results[from], results[from + 1], results[from + 2], results[from + 3]);                       \
        sum += LOAD(weights, slabs.weights - tile_blocks + tile_block);                                                \
        FINISH_OUTPUTS                                                                                                 \
    }                                                                                                                  \
    barrier();
    FOR_MATRICES(FINISH_MATRIX)
}
