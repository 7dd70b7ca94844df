// Shared code of the convolution kernels: bindings, loads, the outputs of a workgroup, and the store.
// A workgroup computes PIXELS * gl_WorkGroupSize.x outputs of the grid in linear order, so that row ends cost nothing. The PIXELS
// outputs of an invocation lie gl_WorkGroupSize.x apart, so that neighbouring invocations read neighbouring inputs.
// No invocation returns early: invocations past the end of the grid compute values that they do not store.
#ifdef BYTES
#include "convolution/bytes.glsl"
#endif
#include "convolution/epilogue.glsl"
#include "shared/read.glsl"
#include "convolution/conv.h"

layout(constant_id = is_tile_fastest_id) const bool is_tile_fastest = true; // consecutive workgroups then share their pixels

layout(push_constant) uniform Push { Convolution p; };
#ifndef BYTES
#ifdef PARTIAL
layout(binding = 0) writeonly buffer Sums { vec4 y[]; };
#else
layout(binding = 0) writeonly buffer Output { ELEMENT y[]; };
#endif
TENSOR(1, x)
#ifdef WEIGHT_TEXELS
layout(binding = 2) uniform samplerBuffer weights;
#elif defined(PAIRED_WEIGHTS)
layout(binding = 2) readonly buffer Weights { uvec4 weights[]; };
#elif defined(HALF_WEIGHTS)
TENSOR_OF(uvec2, 2, weights)
#else
TENSOR(2, weights)
#endif
// Weights at i + place, where place is constant. With PAIRED_WEIGHTS i is even, and halves are loaded two elements at a time.
#ifdef WEIGHT_TEXELS
#define LOAD_WEIGHT(i, place) FACTOR(texelFetch(weights, (i) + (place)))
#elif defined(PAIRED_WEIGHTS)
#define WEIGHT_PAIR(i, place) weights[((i) >> 1) + (place) / 2]
#define WEIGHT_ELEMENT(i, place) ((place) % 2 == 0 ? WEIGHT_PAIR(i, place).xy : WEIGHT_PAIR(i, place).zw)
#define LOAD_WEIGHT(i, place) factor_of(WEIGHT_ELEMENT(i, place))
#else
#define LOAD_WEIGHT(i, place) LOAD_FACTOR(weights, (i) + (place))
#endif
#endif
#ifndef PARTIAL
TENSOR(3, residual)
#endif

// The preprocessor unrolls loops: not every driver does, and arrays indexed by a variable end up in slow memory.
#if PIXELS == 1
#define FOR_PIXELS(STEP) STEP(0)
#define FOR_PIXELS_AND(LOOP, STEP) LOOP(STEP, 0)
#elif PIXELS == 2
#define FOR_PIXELS(STEP) STEP(0) STEP(1)
#define FOR_PIXELS_AND(LOOP, STEP) LOOP(STEP, 0) LOOP(STEP, 1)
#elif PIXELS == 4
#define FOR_PIXELS(STEP) STEP(0) STEP(1) STEP(2) STEP(3)
#define FOR_PIXELS_AND(LOOP, STEP) LOOP(STEP, 0) LOOP(STEP, 1) LOOP(STEP, 2) LOOP(STEP, 3)
#elif PIXELS == 8
#define FOR_PIXELS(STEP) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
#define FOR_PIXELS_AND(LOOP, STEP)                                                                                     \
    LOOP(STEP, 0) LOOP(STEP, 1) LOOP(STEP, 2) LOOP(STEP, 3) LOOP(STEP, 4) LOOP(STEP, 5) LOOP(STEP, 6) LOOP(STEP, 7)
#endif

int upper(int pair) { return pair >> 16; }
int lower(int pair) { return bitfieldExtract(pair, 0, 16); }

// The dispatch grid is tiles x groups of pixels x (batch * folds, if the groups of pixels do not fit one dimension).
int tile_index() { return p.first_tile + int(is_tile_fastest ? gl_WorkGroupID.x : gl_WorkGroupID.y); }
int batch_index() { return int(gl_WorkGroupID.z) % p.batch; }
int group_index() // of pixels
{
    const uint group = is_tile_fastest ? gl_WorkGroupID.y : gl_WorkGroupID.x;
    const uint groups = is_tile_fastest ? gl_NumWorkGroups.y : gl_NumWorkGroups.x;
#ifdef PARTIAL
    const uint fold = 0; // shares of the depth take the place of folds
#else
    const uint fold = gl_WorkGroupID.z / uint(p.batch);
#endif
    return int(fold * groups + group);
}
int first_pixel() { return group_index() * int(gl_WorkGroupSize.x * PIXELS) + int(gl_LocalInvocationID.x); }

#ifdef VOLUME
// Parameters of the kernel along the depth. Output slices take the place of batch entries. The first tap of a slice reads plane
// FIRST_PLANE, which may lie outside the input; the taps [slice_taps.x, slice_taps.y) lie inside.
layout(constant_id = depth_taps_id) const int depth_taps = 1;
layout(constant_id = depth_stride_id) const int depth_stride = 1;
layout(constant_id = depth_dilation_id) const int depth_dilation = 1; // negative in transposed convolutions
layout(constant_id = depth_origin_id) const int depth_origin = 0;
ivec2 taps_inside(int first)
{
    const int step = abs(depth_dilation);
    const int ahead = depth_dilation > 0 ? first : p.in_depth - 1 - first; // slices before it, in the direction of the taps
    const int begin = min((max(-ahead, 0) + step - 1) / step, depth_taps);
    return ivec2(begin, clamp((max(p.in_depth - ahead, 0) + step - 1) / step, begin, depth_taps));
}
#define FIRST_PLANE (batch * depth_stride + depth_origin)
#define FIND_SLICE_TAPS const ivec2 slice_taps = taps_inside(FIRST_PLANE);
#define FOR_SLICE_TAPS for (int kz = slice_taps.x; kz < slice_taps.y; ++kz)
#define SLICE_OFFSET kz * depth_dilation * p.x.batch_pitch +
// Advances w past the weights of taps outside the input.
#define SKIP_SLICES_BEFORE(weights_each) w += slice_taps.x * (weights_each);
#define SKIP_SLICES_BEHIND(weights_each) w += (depth_taps - slice_taps.y) * (weights_each);
#else
#define FIRST_PLANE batch
#define FIND_SLICE_TAPS
#define FOR_SLICE_TAPS
#define SLICE_OFFSET
#define SKIP_SLICES_BEFORE(weights_each)
#define SKIP_SLICES_BEHIND(weights_each)
#endif

// Rows and columns of the invocation's pixels in the grid; pixels past the end have rows past the end.
#define FIND_PIXELS                                                                                                    \
    int rows[PIXELS];                                                                                                  \
    int columns[PIXELS];                                                                                               \
    {                                                                                                                  \
        const ivec2 step_by = divide(int(gl_WorkGroupSize.x), p.out_width);                                            \
        ivec2 place = divide(first_pixel(), p.out_width);                                                              \
        FOR_PIXELS(FIND_PIXEL)                                                                                         \
    }
#define FIND_PIXEL(k)                                                                                                  \
    {                                                                                                                  \
        rows[k] = place.x;                                                                                             \
        columns[k] = place.y;                                                                                          \
        const int carry = int(place.y + step_by.y >= p.out_width);                                                     \
        place += step_by + ivec2(carry, -carry * p.out_width);                                                         \
    }

#ifdef PARTIAL
// Split-K: a workgroup computes the partial sums of one share of the depth, the steps (conv_slabs.glsl) from first_step() on. y
// holds the sums of one share after another, for conv_partial_sums.comp.
int share_index() { return int(gl_WorkGroupID.z) / p.batch; }
int first_step() { return share_index() * p.share_steps; }
#define STORE_SUM(m, n)                                                                                                \
    if (IS_OUTPUT(m, n))                                                                                               \
        y[share_index() * p.batch * p.y.batch_pitch +                                                                  \
          view_index(p.y, batch, BLOCK(m, n), ROW(m, n), COLUMN(m, n))] = SUM(m, n);
#endif

#ifdef PHASES
#define IS_OUTPUT(m, n) (rows[m] < p.out_height && columns[m] < p.out_width)
#else
#define IS_OUTPUT(m, n) (ROW(m, n) < p.out_height && COLUMN(m, n) < p.out_width && BLOCK(m, n) * 4 < p.out_channels)
#endif
#define Y_COLUMN(m, n) COLUMN(m, n) * COLUMN_STEP
