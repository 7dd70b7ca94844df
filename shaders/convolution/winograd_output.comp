#version 450
#extension GL_GOOGLE_include_directive : require
// variant winograd2_output         f32 f16 OUTPUTS=2 PARTS=1
// variant winograd2_output_texel   f32 f16 OUTPUTS=2 PARTS=1 READ_TEXELS
// variant winograd2_output_pairs   f32 f16 OUTPUTS=2 PARTS=2
// variant winograd4_output         f32 f16 OUTPUTS=4 PARTS=1
// variant winograd4_output_texel   f32 f16 OUTPUTS=4 PARTS=1 READ_TEXELS
// variant winograd4_output_pairs   f32 f16 OUTPUTS=4 PARTS=2
// Winograd convolution, output transform: an invocation computes the outputs of one tile from products, for one block of four
// channels, or for one of PARTS parts of the block, for GPUs with few registers.
#include "convolution/epilogue.glsl"
#include "shared/read.glsl"
#include "convolution/winograd.glsl"

layout(push_constant) uniform Push { WinogradOutput p; };
layout(binding = 0) writeonly buffer Output { PART_ELEMENT y[]; };
TENSOR_OF(PART, 1, m)
TENSOR_OF(PART_ELEMENT, 2, weights)
TENSOR_OF(PART_ELEMENT, 3, residual)

void main()
{
    const int i = TILE_INDEX;
    const int block = int(gl_WorkGroupID.y);
    const int index = min(i, p.tiles.count - 1);
    const ivec2 place = first_output(p.tiles, index);
    const int dilation = p.tiles.dilation;

    const int address = view_index(p.m, 0, block, index / 8, index % 8);
    PART tile[EDGE * EDGE];
#define LOAD_VALUE(r, c) tile[r * EDGE + c] = LOAD_PART(m, address + (r * EDGE + c) * p.m.batch_pitch);
#define LOAD_COLUMN(c)                                                                                                 \
    FOR_ROWS(LOAD_VALUE, c)                                                                                            \
    TRANSFORM_OUTPUTS(c, EDGE)
    FOR_COLUMNS(LOAD_COLUMN)
#define TRANSFORM_ROW(r) TRANSFORM_OUTPUTS(r * EDGE, 1)
    FOR_OUTPUT_ROWS(TRANSFORM_ROW)

    const PART bias = LOAD_PART(weights, p.bias_offset + block);
    const int batch = 0;
#if PARTS == 2
#define SUM(r, c) vec4(tile[r * EDGE + c], 0, 0)
#define SET_SUM(r, c, values) tile[r * EDGE + c] = (values).xy
#define STORE(index, values) y[PART_INDEX(index)] = PART_OF(encode(values))
#define LOAD_RESIDUAL(index) vec4(LOAD_PART(residual, index), 0, 0)
#define FIRST_CHANNEL(r, c) (block * 4 + PART_NUMBER * 2)
#else
#define SUM(r, c) tile[r * EDGE + c]
#endif
#define BLOCK(r, c) block
#define ROW(r, c) (place.y + r * dilation)
#define COLUMN(r, c) (place.x + c * dilation)
#define Y_COLUMN(r, c) COLUMN(r, c) * COLUMN_STEP
#define IS_OUTPUT(r, c) (i < p.tiles.count && ROW(r, c) < p.out_height && COLUMN(r, c) < p.out_width)
#define ADD_BIAS(r, c) tile[r * EDGE + c] += bias;
    FOR_OUTPUTS(ADD_BIAS)
    FINISH_OUTPUTS
}
