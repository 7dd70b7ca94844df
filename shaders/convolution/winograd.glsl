// Winograd's minimal filtering for windows of 3x3 and stride 1 (Lavin and Gray 2016, https://arxiv.org/abs/1509.09308):
// tiles of OUTPUTS x OUTPUTS outputs from EDGE x EDGE inputs each. The transforms for four outputs interpolate at 0,
// ±sqrt(1/2), ±sqrt(2) and infinity: f32 loses about one bit with these points, and four bits with the usual 0, ±1, ±2.
//
// The values of a tile are tile[row * EDGE + column]. The preprocessor unrolls loops over them, because arrays indexed by a
// variable end up in slow memory.
#ifndef VKSEG_WINOGRAD_GLSL
#define VKSEG_WINOGRAD_GLSL

#include "convolution/winograd.h"

// An invocation transforms one of PARTS parts of an element's four channels. PART is the type of a part, PART_ELEMENT its type in
// a buffer, PART_INDEX its index there; PART_OF extracts it from an encoded element.
#if PARTS == 1
#define TILE_INDEX int(gl_GlobalInvocationID.x)
#define PART vec4
#define IS_PART bvec4
#define PART_ELEMENT ELEMENT
#define PART_INDEX(index) index
#else
#define TILE_INDEX (int(gl_GlobalInvocationID.x) / PARTS)
#define PART_NUMBER (int(gl_GlobalInvocationID.x) & (PARTS - 1))
#define PART_INDEX(index) ((index) * PARTS + PART_NUMBER)
#if PARTS == 2
#define PART vec2
#define IS_PART bvec2
#else
#define PART float
#define IS_PART bool
#endif
PART decode(PART element) { return element; }
#ifdef STORAGE_F16
#define PART_ELEMENT uint
#define PART_OF(element) (element).x
vec2 decode(uint element) { return unpackHalf2x16(element); }
#else
#define PART_ELEMENT PART
#define PART_OF(element) (element).xy
#endif
#endif
#if PARTS == 4 && defined(STORAGE_F16) // a word holds two parts
#define LOAD_PART(buffer, index) unpackHalf2x16(buffer[(index) * 2 + PART_NUMBER / 2] >> (PART_NUMBER & 1) * 16).x
#else
#define LOAD_PART(buffer, index) LOAD(buffer, PART_INDEX(index))
#endif

#if OUTPUTS == 2
#define EDGE 4
#define FOR_ROWS(STEP, c) STEP(0, c) STEP(1, c) STEP(2, c) STEP(3, c)
#define FOR_COLUMNS(STEP) STEP(0) STEP(1) STEP(2) STEP(3)
#define FOR_OUTPUT_ROWS(STEP) STEP(0) STEP(1)
#define FOR_OUTPUTS(STEP) STEP(0, 0) STEP(0, 1) STEP(1, 0) STEP(1, 1)
#else
#define EDGE 6
#define FOR_ROWS(STEP, c) STEP(0, c) STEP(1, c) STEP(2, c) STEP(3, c) STEP(4, c) STEP(5, c)
#define FOR_COLUMNS(STEP) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5)
#define FOR_OUTPUT_ROWS(STEP) STEP(0) STEP(1) STEP(2) STEP(3)
#define FOR_OUTPUTS(STEP)                                                                                              \
    STEP(0, 0) STEP(0, 1) STEP(0, 2) STEP(0, 3) STEP(1, 0) STEP(1, 1) STEP(1, 2) STEP(1, 3)                            \
    STEP(2, 0) STEP(2, 1) STEP(2, 2) STEP(2, 3) STEP(3, 0) STEP(3, 1) STEP(3, 2) STEP(3, 3)
#endif

// Column and row of the first output of tile `index` of a run.
ivec2 first_output(WinogradTiles tiles, int index)
{
    const ivec2 units = divide(tiles.first_tile + index, tiles.column_units).yx;
    const ivec2 turns = ivec2(divide(units.x, tiles.dilation).x, divide(units.y, tiles.dilation).x);
    return units + turns * ((OUTPUTS - 1) * tiles.dilation);
}

const float root2 = 1.4142135623730951;

// Transforms the EDGE inputs tile[first + i * step] in place.
#if OUTPUTS == 2
#define TRANSFORM_INPUTS(first, step)                                                                                  \
    {                                                                                                                  \
        const PART i1 = tile[first + step];                                                                            \
        const PART i2 = tile[first + 2 * step];                                                                        \
        tile[first] -= i2;                                                                                             \
        tile[first + step] = i1 + i2;                                                                                  \
        tile[first + 2 * step] = i2 - i1;                                                                              \
        tile[first + 3 * step] -= i1;                                                                                  \
    }
#else
#define TRANSFORM_INPUTS(first, step)                                                                                  \
    {                                                                                                                  \
        const PART i1 = tile[first + step];                                                                            \
        const PART i2 = tile[first + 2 * step];                                                                        \
        const PART i3 = tile[first + 3 * step];                                                                        \
        const PART i4 = tile[first + 4 * step];                                                                        \
        const PART even_near = i4 - 2.0 * i2;                                                                          \
        const PART odd_near = root2 * (0.5 * i3 - i1);                                                                 \
        const PART even_far = i4 - 0.5 * i2;                                                                           \
        const PART odd_far = root2 * (i3 - 0.5 * i1);                                                                  \
        tile[first] += i4 - 2.5 * i2;                                                                                  \
        tile[first + step] = even_near + odd_near;                                                                     \
        tile[first + 2 * step] = even_near - odd_near;                                                                 \
        tile[first + 3 * step] = even_far + odd_far;                                                                   \
        tile[first + 4 * step] = even_far - odd_far;                                                                   \
        tile[first + 5 * step] += i1 - 2.5 * i3;                                                                       \
    }
#endif

// Turns EDGE products tile[first + i * step] into OUTPUTS outputs, in place of the first ones.
#if OUTPUTS == 2
#define TRANSFORM_OUTPUTS(first, step)                                                                                 \
    {                                                                                                                  \
        const PART m1 = tile[first + step];                                                                            \
        const PART m2 = tile[first + 2 * step];                                                                        \
        tile[first] += m1 + m2;                                                                                        \
        tile[first + step] = m1 - m2 + tile[first + 3 * step];                                                         \
    }
#else
#define TRANSFORM_OUTPUTS(first, step)                                                                                 \
    {                                                                                                                  \
        const PART near_sum = tile[first + step] + tile[first + 2 * step];                                             \
        const PART near_difference = tile[first + step] - tile[first + 2 * step];                                      \
        const PART far_sum = tile[first + 3 * step] + tile[first + 4 * step];                                          \
        const PART far_difference = tile[first + 3 * step] - tile[first + 4 * step];                                   \
        tile[first] += near_sum + far_sum;                                                                             \
        tile[first + step] = root2 * (0.5 * near_difference + far_difference);                                         \
        tile[first + 2 * step] = 0.5 * near_sum + 2.0 * far_sum;                                                       \
        tile[first + 3 * step] = root2 * (0.25 * near_difference + 2.0 * far_difference) + tile[first + 5 * step];     \
    }
#endif

#endif
