#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Depthwise convolution, reading through texel buffers.
#define READ_TEXELS
#define PIXELS 4
#include "shared/conv_depthwise.glsl"
