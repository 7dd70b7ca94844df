#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_KHR_shader_subgroup_shuffle : require
// builds: f32 f16 i32 texels
// Reduces axes: each subgroup computes one element of four results.
#define SHARE_BY_SHUFFLES
#include "reduction/reduce.glsl"
