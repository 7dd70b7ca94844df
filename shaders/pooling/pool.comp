#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32 texels
// Computes the maximum or mean of a window for one pixel in up to four blocks of channels; `kind` is one of pool_max,
// pool_average and pool_average_padding. Integers have maxima only.
#ifdef STORAGE_I32
#define START lowest()
#define COMBINE(a, b) max(a, b)
#define COUNTS_PADDING false
#define FINISH(result, taps) result
#else
#define START (kind == pool_max ? -infinity() : 0.0)
#define COMBINE(a, b) mix(a + b, larger(a, b), bvec4(kind == pool_max))
#define COUNTS_PADDING (kind == pool_average_padding)
#define FINISH(result, taps) mix(result / float(max(taps, 1)), result, bvec4(kind == pool_max))
#endif
#define PREPARE(values) values
#include "pooling/pool.h"
#include "shared/nan.glsl"

layout(constant_id = pool_kind_id) const int kind = pool_max;

#include "pooling/pool.glsl"
