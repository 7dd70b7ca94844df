#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Convolution with any window, groups and dilation, reading from storage buffers.
#define PIXELS 8
#define BLOCKS 2
#include "shared/conv.glsl"
