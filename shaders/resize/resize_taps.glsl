// Tap look-up and sampling of kernels that resize in the plane with TAPS x TAPS taps. There are no loops, because on software
// devices these cost more than the taps.
#ifndef VKSEG_RESIZE_TAPS_GLSL
#define VKSEG_RESIZE_TAPS_GLSL

#include "resize/resize.h"
#include "shared/read.glsl"

#define PAIRS ((TAPS + 1) / 2) // of taps: elements of the table per position

layout(push_constant) uniform Push { Resize p; };
TENSOR(1, x)
TENSOR_OF(vec4, 2, table)

// Taps of an output pixel: lines and columns in the input, and weights.
struct Taps
{
    vec4 columns; // position and weight of two taps
    vec4 lines;
#if TAPS == 4
    vec4 far_columns;
    vec4 far_lines;
#endif
};

Taps find_taps(const int row, const int column)
{
    Taps taps;
    taps.columns = LOAD(table, p.width_table + column * PAIRS);
    taps.lines = LOAD(table, p.height_table + row * PAIRS);
#if TAPS == 4
    taps.far_columns = LOAD(table, p.width_table + column * PAIRS + 1);
    taps.far_lines = LOAD(table, p.height_table + row * PAIRS + 1);
#endif
    return taps;
}

bool is_outside(const Taps taps)
{
    return min(taps.lines.x, taps.columns.x) < 0.0;
}

#define COLUMN(tap) int(max(tap, 0.0))
#define LINE(tap) COLUMN(tap) * p.x.row_pitch

// Value at the taps in the plane that begins at `from`.
vec4 sample_plane(const Taps taps, const int from)
{
#if TAPS == 1
    return LOAD(x, from + LINE(taps.lines.x) + COLUMN(taps.columns.x));
#else
    const int near_0 = COLUMN(taps.columns.x);
    const int near_1 = COLUMN(taps.columns.z);
#endif
#if TAPS == 2
#define SAMPLE_LINE(line) (taps.columns.y * LOAD(x, line + near_0) + taps.columns.w * LOAD(x, line + near_1))
    return taps.lines.y * SAMPLE_LINE(from + LINE(taps.lines.x)) + taps.lines.w * SAMPLE_LINE(from + LINE(taps.lines.z));
#elif TAPS == 4
    const int far_0 = COLUMN(taps.far_columns.x);
    const int far_1 = COLUMN(taps.far_columns.z);
#define SAMPLE_LINE(line)                                                                                              \
    (taps.columns.y * LOAD(x, line + near_0) + taps.columns.w * LOAD(x, line + near_1) +                             \
     taps.far_columns.y * LOAD(x, line + far_0) + taps.far_columns.w * LOAD(x, line + far_1))
    return taps.lines.y * SAMPLE_LINE(from + LINE(taps.lines.x)) + taps.lines.w * SAMPLE_LINE(from + LINE(taps.lines.z)) +
           taps.far_lines.y * SAMPLE_LINE(from + LINE(taps.far_lines.x)) +
           taps.far_lines.w * SAMPLE_LINE(from + LINE(taps.far_lines.z));
#endif
}

#endif
