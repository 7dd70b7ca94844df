#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Depthwise convolution with a 3x3 window, stride 1 and no dilation, without a residual, and with no activation but bounds around 0.
#define BOUNDED
#define KERNEL 3
#include "shared/conv_depthwise_tiles.glsl"
