#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Convolution of volumes to four channels or fewer, or in groups of so few.
#define VOLUME
#define FUSES_SIGMOID
#define PIXELS 8
#define BLOCKS 1
#include "shared/conv.glsl"
