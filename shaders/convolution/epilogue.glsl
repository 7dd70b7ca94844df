// Epilogue of convolutions: adds a residual and applies an activation to the sums before they are stored.
#ifndef VKSEG_EPILOGUE_GLSL
#define VKSEG_EPILOGUE_GLSL

#include "elementwise/fused_activation.glsl"
#include "convolution/epilogue.h"

layout(constant_id = residual_place_id) const int residual_place = residual_none;

#define COLUMN_STEP bitfieldExtract(p.finish, 0, 16)
#define ACTIVATION_KIND                                                                                                \
    (activation_kind == at_run_time ? p.finish >> finish_activation_shift & 63 : activation_kind)
#define RESIDUAL_PLACE (residual_place == at_run_time ? p.finish >> finish_residual_shift : residual_place)

// x kept between the bounds of `activation` if `is_bounded`. A macro because with many sums some drivers (SwiftShader) take
// longer to copy the arguments of a function than to compute it.
#define KEPT_BOUNDED(x, is_bounded)                                                                                     \
    mix(x, mix(min(max(x, activation.low), activation.high), x, greaterThan(SIZE_BITS(x), ivec4(infinity_bits))),      \
        bvec4(is_bounded))

// Kernels whose invocations hold only a part of an element define these four macros themselves.
#if !defined(PARTS) || PARTS == 1
#define SET_SUM(m, n, values) SUM(m, n) = values
#ifndef STORE
#define STORE(index, values) y[index] = encode(values)
#endif
#define LOAD_RESIDUAL(index) LOAD(residual, index)
#define FIRST_CHANNEL(m, n) BLOCK(m, n) * 4
#endif

// End of a kernel. The kernel defines FOR_OUTPUTS(STEP), which expands STEP(m, n) for each of its sums, and for each sum: SUM(m,
// n); BLOCK, ROW and COLUMN(m, n), its place in the output's grid; Y_COLUMN(m, n), the column to store it at; and IS_OUTPUT(m,
// n), true if there is such a place.
// Residuals, and activations that do more than keep values between bounds, are rare. With READ_TEXELS they go in a
// zero-or-one-iteration loop, the only branch that software devices skip if it is not needed. Otherwise each sum has a branch of
// its own, so that compilers do not load all residuals at once.
#ifdef READ_TEXELS
#define FINISH_OUTPUTS                                                                                                 \
    const int kind = ACTIVATION_KIND;                                                                                  \
    const int added = RESIDUAL_PLACE;                                                                                  \
    const FusedActivation activation = fused_activation_of(kind, p.a, p.b);                                            \
    const bool is_more = added != residual_none || activation.is_more;                                                 \
    for (int i = 0; i < int(is_more); ++i)                                                                             \
    {                                                                                                                  \
        FOR_OUTPUTS(ADD_AND_ACTIVATE)                                                                                  \
    }                                                                                                                  \
    const bool is_bounded = IS_BOUND(kind) && !is_more;                                                                \
    FOR_OUTPUTS(STORE_OUTPUT)
#define ADD_AND_ACTIVATE(m, n)                                                                                         \
    {                                                                                                                  \
        const bool is_there = IS_OUTPUT(m, n) && added != residual_none;                                               \
        const int place = mix(0, view_index(p.residual, batch, BLOCK(m, n), ROW(m, n), COLUMN(m, n)), is_there);       \
        const vec4 term = LOAD_RESIDUAL(place);                                                                        \
        const vec4 first = mix(vec4(0), term, bvec4(added == residual_before_activation));                             \
        const vec4 last = mix(vec4(0), term, bvec4(added == residual_last));                                           \
        SET_SUM(m, n, activated(activation, SUM(m, n) + first) + last);                                                \
    }
#define STORE_OUTPUT(m, n)                                                                                             \
    if (IS_OUTPUT(m, n))                                                                                               \
    {                                                                                                                  \
        const vec4 values = KEPT_BOUNDED(SUM(m, n), is_bounded);                                                       \
        const bvec4 is_channel = lessThan(ivec4(FIRST_CHANNEL(m, n)) + ivec4(0, 1, 2, 3), ivec4(p.out_channels));       \
        STORE(view_index(p.y, batch, BLOCK(m, n), ROW(m, n), Y_COLUMN(m, n)), mix(vec4(0), values, is_channel));       \
    }
#else
#define FINISH_OUTPUTS                                                                                                 \
    const int kind = ACTIVATION_KIND;                                                                                  \
    const int added = RESIDUAL_PLACE;                                                                                  \
    const FusedActivation activation = fused_activation_of(kind, p.a, p.b);                                            \
    const bool is_more = added != residual_none || activation.is_more;                                                 \
    FOR_OUTPUTS(FINISH_OUTPUT)
#define FINISH_OUTPUT(m, n)                                                                                            \
    if (IS_OUTPUT(m, n))                                                                                               \
    {                                                                                                                  \
        vec4 values = SUM(m, n);                                                                                       \
        if (is_more)                                                                                                   \
        {                                                                                                              \
            const int place = view_index(p.residual, batch, BLOCK(m, n), ROW(m, n), COLUMN(m, n));                        \
            const vec4 term = LOAD_RESIDUAL(mix(0, place, added != residual_none));                                        \
            const vec4 first = mix(vec4(0), term, bvec4(added == residual_before_activation));                         \
            const vec4 last = mix(vec4(0), term, bvec4(added == residual_last));                                       \
            values = activated(activation, values + first) + last;                                                     \
        }                                                                                                              \
        else if (IS_BOUND(kind))                                                                                       \
            values = KEPT_BOUNDED(values, true);                                                                       \
        const bvec4 is_channel = lessThan(ivec4(FIRST_CHANNEL(m, n)) + ivec4(0, 1, 2, 3), ivec4(p.out_channels));       \
        STORE(view_index(p.y, batch, BLOCK(m, n), ROW(m, n), Y_COLUMN(m, n)), mix(vec4(0), values, is_channel));       \
    }
#endif

// End of a kernel that only keeps its outputs between bounds, which include 0: sums in padding lanes are 0 and stay so. It has no
// branch for anything more: some devices compile such a branch poorly even if it is never taken. The activation is always a
// specialization constant.
#define FINISH_BOUNDED_OUTPUTS                                                                                         \
    const FusedActivation activation = fused_activation_of(activation_kind, p.a, p.b);                                 \
    FOR_OUTPUTS(STORE_BOUNDED_OUTPUT)
#define STORE_BOUNDED_OUTPUT(m, n)                                                                                     \
    if (IS_OUTPUT(m, n))                                                                                               \
        y[view_index(p.y, batch, BLOCK(m, n), ROW(m, n), Y_COLUMN(m, n))] =                                            \
            encode(KEPT_BOUNDED(SUM(m, n), IS_BOUND(activation_kind)));

#endif
