// Resizes in the plane with TAPS x TAPS taps: an invocation computes one pixel in up to four blocks of channels, which
// share the look-up of taps. There are no loops, since software devices take longer for them than for the taps.
#include "read.glsl"
#include "../resize.h"

#define PAIRS ((TAPS + 1) / 2) // of taps: the elements that the table has for a position

layout(constant_id = 3) const int resize_blocks = 4; // that an invocation computes

layout(push_constant) uniform Push { Resize p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, x)
TENSOR_OF(vec4, 2, table)

void main()
{
    const ivec2 row = divide(linear_index(), p.width);
    const ivec2 group = divide(row.x, p.height);
    const int first_block = group.x * resize_blocks;
    if (first_block >= p.blocks)
        return;
    const int batch = int(gl_GlobalInvocationID.z);

#define POSITION(tap) int(max(tap, 0.0))
    const vec4 columns = LOAD(table, p.width_table + row.y * PAIRS);
    const vec4 lines = LOAD(table, p.height_table + group.y * PAIRS);
    const bvec4 is_outside = bvec4(min(lines.x, columns.x) < 0.0);
#define LINE(i, tap) const int line##i = POSITION(tap) * p.x.row_pitch;
#define COLUMN(i, tap) const int column##i = POSITION(tap);
    LINE(0, lines.x)
    COLUMN(0, columns.x)
#if TAPS == 1
#define SAMPLE(from) LOAD(x, from + line0 + column0)
#else
    LINE(1, lines.z)
    COLUMN(1, columns.z)
#endif
#if TAPS == 2
#define SAMPLE_LINE(from) (columns.y * LOAD(x, from + column0) + columns.w * LOAD(x, from + column1))
#define SAMPLE(from) lines.y * SAMPLE_LINE(from + line0) + lines.w * SAMPLE_LINE(from + line1)
#elif TAPS == 4
    const vec4 far_columns = LOAD(table, p.width_table + row.y * PAIRS + 1);
    const vec4 far_lines = LOAD(table, p.height_table + group.y * PAIRS + 1);
    LINE(2, far_lines.x)
    LINE(3, far_lines.z)
    COLUMN(2, far_columns.x)
    COLUMN(3, far_columns.z)
#define SAMPLE_LINE(from)                                                                                              \
    (columns.y * LOAD(x, from + column0) + columns.w * LOAD(x, from + column1) +                                       \
     far_columns.y * LOAD(x, from + column2) + far_columns.w * LOAD(x, from + column3))
#define SAMPLE(from)                                                                                                   \
    lines.y * SAMPLE_LINE(from + line0) + lines.w * SAMPLE_LINE(from + line1) +                                        \
        far_lines.y * SAMPLE_LINE(from + line2) + far_lines.w * SAMPLE_LINE(from + line3)
#endif
#define COMPUTE(b)                                                                                                     \
    {                                                                                                                  \
        const int block = first_block + min(b, resize_blocks - 1);                                                     \
        const int from = view_index(p.x, batch, min(block, p.blocks - 1), 0, 0);                                       \
        const vec4 inside = SAMPLE(from);                                                                              \
        if (b < resize_blocks && block < p.blocks)                                                                     \
        {                                                                                                              \
            const bvec4 is_channel = bvec4(lane_mask(block * 4, p.channels));                                          \
            const vec4 outside = mix(vec4(0.0), vec4(p.extrapolation), is_channel);                                    \
            y[view_index(p.y, batch, block, group.y, row.y)] = encode(mix(inside, outside, is_outside));               \
        }                                                                                                              \
    }
    COMPUTE(0)
    COMPUTE(1)
    COMPUTE(2)
    COMPUTE(3)
}
