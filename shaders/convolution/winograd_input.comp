#version 450
#extension GL_GOOGLE_include_directive : require
// variant winograd2_input          f32 f16 OUTPUTS=2 PARTS=1
// variant winograd2_input_texel    f32 f16 OUTPUTS=2 PARTS=1 READ_TEXELS
// variant winograd2_input_pairs    f32 f16 OUTPUTS=2 PARTS=2
// variant winograd2_input_singles  f32 f16 OUTPUTS=2 PARTS=4
// variant winograd4_input          f32 f16 OUTPUTS=4 PARTS=1
// variant winograd4_input_texel    f32 f16 OUTPUTS=4 PARTS=1 READ_TEXELS
// variant winograd4_input_pairs    f32 f16 OUTPUTS=4 PARTS=2
// variant winograd4_input_singles  f32 f16 OUTPUTS=4 PARTS=4
// Winograd convolution, input transform: an invocation transforms the inputs of one tile for one block of four channels, or for
// one of PARTS parts of the block, for GPUs with few registers.
#include "shared/read.glsl"
#include "convolution/winograd.glsl"

layout(push_constant) uniform Push { WinogradInput p; };
layout(binding = 0) writeonly buffer Output { PART v[]; }; // f32 whatever x is
TENSOR_OF(PART_ELEMENT, 1, x)

void main()
{
    const int i = TILE_INDEX;
    const int block = int(gl_WorkGroupID.y);
    const ivec2 place = first_output(p.tiles, min(i, p.tiles.count - 1));
    const int dilation = p.tiles.dilation;
    const int top = place.y + p.row_origin;
    const int left = place.x + p.column_origin;

    const uvec2 size = uvec2(p.in_width, p.in_height);
    const int corner = view_index(p.x, 0, block, top, left); // may lie outside the input
    PART tile[EDGE * EDGE];
#define LOAD_VALUE(r, c)                                                                                               \
    {                                                                                                                  \
        const bool is_inside = all(lessThan(uvec2(left + c * dilation, top + r * dilation), size));                    \
        const int address = mix(0, corner + (r * p.x.row_pitch + c) * dilation, is_inside);                            \
        tile[r * EDGE + c] = mix(PART(0), LOAD_PART(x, address), IS_PART(is_inside));                                 \
    }
#define LOAD_COLUMN(c)                                                                                                 \
    FOR_ROWS(LOAD_VALUE, c)                                                                                            \
    TRANSFORM_INPUTS(c, EDGE)
    FOR_COLUMNS(LOAD_COLUMN)
#define TRANSFORM_ROW(r) TRANSFORM_INPUTS(r * EDGE, 1)
    FOR_COLUMNS(TRANSFORM_ROW) // as many rows as columns

    if (i < p.tiles.count)
    {
        int address = view_index(p.v, 0, block, i / 8, i % 8);
#define STORE_VALUE(r, c) v[PART_INDEX(address + (r * EDGE + c) * p.v.batch_pitch)] = tile[r * EDGE + c];
#define STORE_COLUMN(c) FOR_ROWS(STORE_VALUE, c)
        FOR_COLUMNS(STORE_COLUMN)
    }
}
