// An invocation computes the outputs of one tile, of one block of four channels.
#include "epilogue.glsl"
#include "read.glsl"
#include "winograd.glsl"

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
    const ivec2 place = first_output(p.tiles, index);
    const int dilation = p.tiles.dilation;

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
#define ROW(r, c) (place.y + r * dilation)
#define COLUMN(r, c) (place.x + c * dilation)
#define Y_COLUMN(r, c) COLUMN(r, c) * p.column_step
#define IS_OUTPUT(r, c) (i < p.tiles.count && ROW(r, c) < p.out_height && COLUMN(r, c) < p.out_width)
#define ADD_BIAS(r, c) SUM(r, c) += bias;
    FOR_OUTPUTS(ADD_BIAS)
    FINISH_OUTPUTS
}
