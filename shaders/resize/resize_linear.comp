#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Resizes in the plane with two taps per axis: an invocation computes one pixel in up to four blocks of channels.
#define TAPS 2
#include "resize/resize_plane.glsl"
