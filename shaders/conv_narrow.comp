#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Convolution to four channels or fewer, or in groups of so few.
#define FUSES_SIGMOID
#define PIXELS 8
#define BLOCKS 1
#include "shared/conv.glsl"
