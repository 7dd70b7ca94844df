#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Convolution with a 1x1 window, stride 1 and no padding, of tensors in f32 by weights in f16.
#define HALF_WEIGHTS
#define IS_POINTWISE
#define PIXELS 8
#define BLOCKS 2
#include "shared/conv.glsl"
