#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32 texels
// Reduces axes.
#include "shared/reduce.glsl"
