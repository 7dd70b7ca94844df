#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Resizes in the plane with two taps an axis.
#define TAPS 2
#include "shared/resize_plane.glsl"
