#version 450
#extension GL_GOOGLE_include_directive : require
// variant conv_depthwise3               f32 f16 PIXELS=1 KERNEL=3 TILE_ROWS=4
// variant conv_depthwise3_texel         f32 f16 PIXELS=1 KERNEL=3 TILE_ROWS=4 READ_TEXELS
// variant conv_depthwise3_bounded       f32 f16 PIXELS=1 KERNEL=3 TILE_ROWS=4 BOUNDED
// variant conv_depthwise3_bounded_texel f32 f16 PIXELS=1 KERNEL=3 TILE_ROWS=4 BOUNDED READ_TEXELS
// variant conv_depthwise3_2             f32 f16 PIXELS=1 KERNEL=3 TILE_ROWS=2
// variant conv_depthwise3_2_texel       f32 f16 PIXELS=1 KERNEL=3 TILE_ROWS=2 READ_TEXELS
// variant conv_depthwise5               f32 f16 PIXELS=1 KERNEL=5 TILE_ROWS=2
// variant conv_depthwise5_texel         f32 f16 PIXELS=1 KERNEL=5 TILE_ROWS=2 READ_TEXELS
// variant conv_depthwise3_row           f32 f16 PIXELS=1 KERNEL=3 TILE_ROWS=1
// variant conv_depthwise3_row_texel     f32 f16 PIXELS=1 KERNEL=3 TILE_ROWS=1 READ_TEXELS
// variant conv_depthwise5_row           f32 f16 PIXELS=1 KERNEL=5 TILE_ROWS=1
// variant conv_depthwise5_row_texel     f32 f16 PIXELS=1 KERNEL=5 TILE_ROWS=1 READ_TEXELS
// variant conv_depthwise3_bytes         f32     PIXELS=1 KERNEL=3 TILE_ROWS=4 BYTES
// variant conv_depthwise3_2_bytes       f32     PIXELS=1 KERNEL=3 TILE_ROWS=2 BYTES
// variant conv_depthwise5_bytes         f32     PIXELS=1 KERNEL=5 TILE_ROWS=2 BYTES
// variant conv_depthwise3_row_bytes     f32     PIXELS=1 KERNEL=3 TILE_ROWS=1 BYTES
// variant conv_depthwise5_row_bytes     f32     PIXELS=1 KERNEL=5 TILE_ROWS=1 BYTES
// Depthwise convolution with stride 1 and no dilation: an invocation computes a tile of TILE_ROWS x 4 outputs of one block of
// channels, so that each input is loaded once for all the outputs that it reaches. The weight layout is that of
// conv_depthwise.comp.
// Tiles of one row hold one row of inputs and one tap at a time, for GPUs with few registers.
// With BYTES the weight layout is that of conv_depthwise_bytes.comp. The sums of products are integers below 2^24, which floats
// hold; the integers that the sums start with are added in the end.
// With BOUNDED there is no residual, and the only activation is bounds around 0.
#include "convolution/convolution.glsl"

#if KERNEL == 3
#define FOR_TAPS(STEP) STEP(0) STEP(1) STEP(2)
#define FOR_VALUES(STEP, r) STEP(r, 0) STEP(r, 1) STEP(r, 2) STEP(r, 3) STEP(r, 4) STEP(r, 5)
#define FOR_TAP_COLUMNS(STEP, o, k, c) STEP(o, k, c, 0) STEP(o, k, c, 1) STEP(o, k, c, 2)
#define FOR_WEIGHTS(STEP) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8)
// INPUT_ROW(r) loads row r of the inputs; TAP_ROW(o, k) adds it, times row k of the taps, to row o of the outputs.
#if TILE_ROWS == 2
#define FOR_INPUT_ROWS                                                                                                 \
    INPUT_ROW(0) TAP_ROW(0, 0)                                                                                         \
    INPUT_ROW(1) TAP_ROW(0, 1) TAP_ROW(1, 0)                                                                           \
    INPUT_ROW(2) TAP_ROW(0, 2) TAP_ROW(1, 1)                                                                           \
    INPUT_ROW(3) TAP_ROW(1, 2)
#else
#define FOR_INPUT_ROWS                                                                                                 \
    INPUT_ROW(0) TAP_ROW(0, 0)                                                                                         \
    INPUT_ROW(1) TAP_ROW(0, 1) TAP_ROW(1, 0)                                                                           \
    INPUT_ROW(2) TAP_ROW(0, 2) TAP_ROW(1, 1) TAP_ROW(2, 0)                                                             \
    INPUT_ROW(3) TAP_ROW(1, 2) TAP_ROW(2, 1) TAP_ROW(3, 0)                                                             \
    INPUT_ROW(4) TAP_ROW(2, 2) TAP_ROW(3, 1)                                                                           \
    INPUT_ROW(5) TAP_ROW(3, 2)
#endif
#elif KERNEL == 5
#define FOR_TAPS(STEP) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4)
#define FOR_VALUES(STEP, r)                                                                                            \
    STEP(r, 0) STEP(r, 1) STEP(r, 2) STEP(r, 3) STEP(r, 4) STEP(r, 5) STEP(r, 6) STEP(r, 7)
#define FOR_TAP_COLUMNS(STEP, o, k, c)                                                                                 \
    STEP(o, k, c, 0) STEP(o, k, c, 1) STEP(o, k, c, 2) STEP(o, k, c, 3) STEP(o, k, c, 4)
#define FOR_WEIGHTS(STEP)                                                                                              \
    STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9) STEP(10) STEP(11) STEP(12)         \
    STEP(13) STEP(14) STEP(15) STEP(16) STEP(17) STEP(18) STEP(19) STEP(20) STEP(21) STEP(22) STEP(23) STEP(24)
#define FOR_INPUT_ROWS                                                                                                 \
    INPUT_ROW(0) TAP_ROW(0, 0)                                                                                         \
    INPUT_ROW(1) TAP_ROW(0, 1) TAP_ROW(1, 0)                                                                           \
    INPUT_ROW(2) TAP_ROW(0, 2) TAP_ROW(1, 1)                                                                           \
    INPUT_ROW(3) TAP_ROW(0, 3) TAP_ROW(1, 2)                                                                           \
    INPUT_ROW(4) TAP_ROW(0, 4) TAP_ROW(1, 3)                                                                           \
    INPUT_ROW(5) TAP_ROW(1, 4)
#endif
#define FOR_TILE_COLUMNS(STEP, r) STEP(r, 0) STEP(r, 1) STEP(r, 2) STEP(r, 3)
#if TILE_ROWS == 1
#define FOR_OUTPUTS(STEP) FOR_TILE_COLUMNS(STEP, 0)
#elif TILE_ROWS == 2
#define FOR_OUTPUTS(STEP) FOR_TILE_COLUMNS(STEP, 0) FOR_TILE_COLUMNS(STEP, 1)
#elif TILE_ROWS == 4
#define FOR_OUTPUTS(STEP)                                                                                              \
    FOR_TILE_COLUMNS(STEP, 0) FOR_TILE_COLUMNS(STEP, 1) FOR_TILE_COLUMNS(STEP, 2) FOR_TILE_COLUMNS(STEP, 3)
#endif

void main()
{
    const int block = tile_index();
    const int batch = batch_index();
    const ivec2 tile = divide(first_pixel(), (p.out_width + 3) / 4);
    const int row = tile.x * TILE_ROWS;
    const int column = tile.y * 4;
    const int top = row + p.row_origin;
    const int left = column + p.column_origin;
    const int corner = view_index(p.x, batch, block, top, left); // may lie outside the input

#ifdef BYTES
    const int head = p.weights_offset + block * p.tile_pitch;
    const int first_tap = head + byte_head;
    const vec4 bias = vec4(0);
#define LOAD_INPUT(i, is_inside) vec4(unpack_bytes(mix(p.padding, x[mix(0, i, is_inside)], is_inside)))
#define TAP(i, place) vec4(unpack_bytes(weights[(i) + (place)]))
#else
    const int first_tap = p.weights_offset + block * p.tile_pitch + 1;
    const vec4 bias = LOAD(weights, first_tap - 1);
#define LOAD_INPUT(i, is_inside) mix(vec4(0), LOAD(x, mix(0, i, is_inside)), bvec4(is_inside))
#define TAP(i, place) LOAD_WEIGHT(i, place)
#endif
    vec4 sums[TILE_ROWS * 4];
#define START_SUM(r, c) sums[r * 4 + c] = bias;
    FOR_OUTPUTS(START_SUM)

    const uvec2 size = uvec2(p.in_width, p.in_height);
    vec4 values[KERNEL + 3];
#define LOAD_VALUE(r, c)                                                                                               \
    {                                                                                                                  \
        const bool is_inside = all(lessThan(uvec2(left + c, top + r), size));                                          \
        values[c] = LOAD_INPUT(corner + r * p.x.row_pitch + c, is_inside);                                             \
    }
#define INPUT_ROW(r) FOR_VALUES(LOAD_VALUE, r)
#if TILE_ROWS == 1
    const int tap_rows = upper(p.kernel); // a run-time value: with KERNEL, compilers would unroll the loop and spill registers
    for (int k = 0; k < tap_rows; ++k)
    {
        INPUT_ROW(k)
#define ACCUMULATE(t, c) sums[c] += weight * values[c + t];
#define ACCUMULATE_TAP(t)                                                                                              \
    {                                                                                                                  \
        const vec4 weight = TAP(first_tap + k * KERNEL, t);                                                            \
        FOR_TILE_COLUMNS(ACCUMULATE, t)                                                                                \
    }
        FOR_TAPS(ACCUMULATE_TAP)
    }
#else
    vec4 taps[KERNEL * KERNEL];
#define LOAD_TAP(i) taps[i] = TAP(first_tap, i);
    FOR_WEIGHTS(LOAD_TAP)
#define ACCUMULATE(o, k, c, t) sums[o * 4 + c] += taps[k * KERNEL + t] * values[c + t];
#define TAP_ROW(o, k)                                                                                                  \
    FOR_TAP_COLUMNS(ACCUMULATE, o, k, 0)                                                                               \
    FOR_TAP_COLUMNS(ACCUMULATE, o, k, 1)                                                                               \
    FOR_TAP_COLUMNS(ACCUMULATE, o, k, 2)                                                                               \
    FOR_TAP_COLUMNS(ACCUMULATE, o, k, 3)
    FOR_INPUT_ROWS
#endif

#ifdef BYTES
#define SUM(r, c) scaled(ivec4(load_four(head)) + ivec4(sums[r * 4 + c]), head)
#else
#define SUM(r, c) sums[r * 4 + c]
#endif
#define BLOCK(r, c) block
#define ROW(r, c) (row + r)
#define COLUMN(r, c) (column + c)
#ifdef BOUNDED
    FINISH_BOUNDED_OUTPUTS
#else
    FINISH_OUTPUTS
#endif
}
