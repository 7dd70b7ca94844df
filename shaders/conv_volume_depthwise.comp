#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Depthwise convolution of volumes, with any window.
#define VOLUME
#include "shared/conv_depthwise.glsl"
