#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Convolution of volumes with any window, groups and dilation, reading its weights through a texel buffer and the input, which
// no texel buffer may hold, from a storage buffer.
#define VOLUME
#define WEIGHT_TEXELS
#define PIXELS 4
#define BLOCKS 4
#include "shared/conv.glsl"
