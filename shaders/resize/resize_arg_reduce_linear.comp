#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Resizes one pixel in the plane with two taps per axis and keeps the channel of the largest or smallest value.
#define TAPS 2
#include "resize/resize_arg_reduce.glsl"
