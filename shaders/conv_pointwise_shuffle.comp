#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Convolution with a 1x1 window, stride 1 and no padding, reading through texel buffers and sharing
// weights in subgroups.
#define READ_TEXELS
#define SHUFFLE_WEIGHTS
#define IS_POINTWISE
#define PIXELS 4
#define BLOCKS 4
#include "shared/conv.glsl"
