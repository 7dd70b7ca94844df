#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Depthwise convolution with any window.
#include "shared/conv_depthwise.glsl"
