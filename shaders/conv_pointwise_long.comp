#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Convolution with a 1x1 window, stride 1 and no padding, reading through texel buffers, for devices that spill registers
// anyway and take longer to read.
#define READ_TEXELS
#define IS_POINTWISE
#define PIXELS 8
#define BLOCKS 4
#include "shared/conv.glsl"
