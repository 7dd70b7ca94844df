// What convolutions do to their sums before they store them: a residual is added, an activation applied.
#ifndef VKSEG_EPILOGUE_GLSL
#define VKSEG_EPILOGUE_GLSL

#include "fused_activation.glsl"
#include "residual.h"

layout(constant_id = 4) const int residual_place = residual_none;

// The end of a kernel, which defines FOR_OUTPUTS(STEP) to do STEP(m, n) for each of its sums, and of such a sum
// SUM(m, n); BLOCK, ROW and COLUMN(m, n), its place in the output's grid; Y_COLUMN(m, n), the column to store it at; and
// IS_OUTPUT(m, n), whether there is such a place.
// All residuals are in one loop, the branch that every device takes only when it has to.
#define FINISH_OUTPUTS                                                                                                 \
    FOR_OUTPUTS(ACTIVATE_FIRST)                                                                                        \
    for (int i = 0; i < int(residual_place != residual_none); ++i)                                                     \
    {                                                                                                                  \
        FOR_OUTPUTS(ADD_RESIDUAL)                                                                                      \
    }                                                                                                                  \
    FOR_OUTPUTS(STORE_OUTPUT)
#define ACTIVATE_FIRST(m, n)                                                                                           \
    SUM(m, n) = mix(SUM(m, n), fused_activation(SUM(m, n), p.a, p.b), bvec4(residual_place == residual_last));
#define ADD_RESIDUAL(m, n)                                                                                             \
    SUM(m, n) += LOAD(residual, mix(0, view_index(p.residual, batch, BLOCK(m, n), ROW(m, n), COLUMN(m, n)),            \
                                    IS_OUTPUT(m, n)));
#define STORE_OUTPUT(m, n)                                                                                             \
    if (IS_OUTPUT(m, n))                                                                                               \
    {                                                                                                                  \
        const vec4 activated = fused_activation(SUM(m, n), p.a, p.b);                                                  \
        const vec4 values = mix(activated, SUM(m, n), bvec4(residual_place == residual_last));                         \
        const bvec4 is_channel = lessThan(ivec4(BLOCK(m, n) * 4) + ivec4(0, 1, 2, 3), ivec4(p.out_channels));          \
        y[view_index(p.y, batch, BLOCK(m, n), ROW(m, n), Y_COLUMN(m, n))] = encode(mix(vec4(0), values, is_channel));  \
    }

#endif
