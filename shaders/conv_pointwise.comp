#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Convolution with a 1x1 window, stride 1 and no padding, reading from storage buffers.
#define IS_POINTWISE
#define PIXELS 8
#define BLOCKS 2
#include "shared/conv.glsl"
