#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Transposed convolution to four channels or fewer, with windows of 2x2 and strides of 2, all phases at once, reading through texel
// buffers and sharing weights in subgroups.
#define READ_TEXELS
#define SHUFFLE_WEIGHTS
#define PHASES
#define IS_POINTWISE
#define FUSES_SIGMOID
#define PIXELS 4
#define BLOCKS 4
#include "shared/conv.glsl"
