#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32 texels
// Reduces axes: each invocation or workgroup computes one element of four results.
#include "reduction/reduce.glsl"
