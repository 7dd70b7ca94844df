#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Convolution with a 1x1 window, stride 1 and no padding, reading its weights through a texel buffer and the input, which no
// texel buffer may hold, from a storage buffer.
#define WEIGHT_TEXELS
#define IS_POINTWISE
#define PIXELS 4
#define BLOCKS 4
#include "shared/conv.glsl"
