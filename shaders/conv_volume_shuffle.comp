#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Convolution of volumes with any window, groups and dilation, reading through texel buffers and sharing weights in subgroups.
#define VOLUME
#define READ_TEXELS
#define SHUFFLE_WEIGHTS
#define PIXELS 4
#define BLOCKS 4
#include "shared/conv.glsl"
