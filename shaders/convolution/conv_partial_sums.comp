#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Adds up the partial sums of one element of a convolution's output (conv_partial_sums.h) and finishes it.
#include "convolution/epilogue.glsl"
#include "shared/read.glsl"
#include "convolution/conv_partial_sums.h"

layout(push_constant) uniform Push { PartialSums p; };
layout(binding = 0) writeonly buffer Output { ELEMENT y[]; };
TENSOR_OF(vec4, 1, sums)
TENSOR(2, residual)

// Number of sums loaded at a time. They are added one after another, so that the summation order is fixed.
const int loads = 8;
#define FOR_LOADS(STEP) STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    const ivec2 line = divide(i, p.out_width);
    const ivec2 plane = divide(line.x, p.out_height);
    const ivec2 entry = divide(plane.x, p.blocks);
    const int batch = entry.x;

    vec4 sum = vec4(0);
    for (int share = 0; share < p.shares; share += loads)
    {
        vec4 values[loads];
#define LOAD_SUM(k) values[k] = LOAD(sums, i + min(share + k, p.shares - 1) * p.elements);
        FOR_LOADS(LOAD_SUM)
#define ADD_SUM(k) sum += mix(vec4(0), values[k], bvec4(share + k < p.shares));
        FOR_LOADS(ADD_SUM)
    }

#define FOR_OUTPUTS(STEP) STEP(0, 0)
#define SUM(m, n) sum
#define BLOCK(m, n) (p.first_block + entry.y)
#define ROW(m, n) plane.y
#define COLUMN(m, n) line.y
#define Y_COLUMN(m, n) COLUMN(m, n) * COLUMN_STEP
#define IS_OUTPUT(m, n) true
    FINISH_OUTPUTS
}
