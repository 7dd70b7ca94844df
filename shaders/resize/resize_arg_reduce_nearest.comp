#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Resizes one pixel in the plane with one tap per axis and keeps the channel of the largest or smallest value.
#define TAPS 1
#include "resize/resize_arg_reduce.glsl"
