// An invocation computes the outputs of one tile, of one block of four channels.
#include "epilogue.glsl"
#include "read.glsl"
#include "winograd.glsl"
#include "../winograd.h"

layout(push_constant) uniform Push { WinogradOutput p; };
layout(binding = 0) writeonly buffer Output { ELEMENT y[]; };
TENSOR_OF(vec4, 1, m)
TENSOR(2, weights)
TENSOR(3, residual)

void main()
{
    const int i = int(gl_GlobalInvocationID.x);
    const int block = int(gl_WorkGroupID.y);
    const int index = min(i, p.tiles.count - 1);
    const int row_unit = (p.tiles.first_tile + index) / p.tiles.column_units;
    const int column_unit = p.tiles.first_tile + index - row_unit * p.tiles.column_units;
    const int dilation = p.tiles.dilation;
    const int tile_row = row_unit / dilation;
    const int tile_column = column_unit / dilation;
    const int top = row_unit + tile_row * (OUTPUTS - 1) * dilation;
    const int left = column_unit + tile_column * (OUTPUTS - 1) * dilation;

    const int address = view_index(p.m, 0, block, index / 8, index % 8);
    vec4 tile[EDGE * EDGE];
#define LOAD_VALUE(r, c) tile[r * EDGE + c] = LOAD(m, address + (r * EDGE + c) * p.m.batch_pitch);
#define LOAD_COLUMN(c)                                                                                                 \
    FOR_ROWS(LOAD_VALUE, c)                                                                                            \
    TRANSFORM_OUTPUTS(c, EDGE)
    FOR_COLUMNS(LOAD_COLUMN)
#define TRANSFORM_ROW(r) TRANSFORM_OUTPUTS(r * EDGE, 1)
    FOR_OUTPUT_ROWS(TRANSFORM_ROW)

    const vec4 bias = LOAD(weights, p.bias_offset + block);
    const int batch = 0;
#define SUM(r, c) tile[r * EDGE + c]
#define BLOCK(r, c) block
#define ROW(r, c) (top + r * dilation)
#define COLUMN(r, c) (left + c * dilation)
#define Y_COLUMN(r, c) COLUMN(r, c)
#define IS_OUTPUT(r, c) (i < p.tiles.count && ROW(r, c) < p.out_height && COLUMN(r, c) < p.out_width)
#define ADD_BIAS(r, c) SUM(r, c) += bias;
    FOR_OUTPUTS(ADD_BIAS)
    FINISH_OUTPUTS
}
