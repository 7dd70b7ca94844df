#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Partial sums of a convolution over shares of its depth, from operands in shared memory, 4 pixels to an invocation.
#define PARTIAL
#define PIXELS 4
#define BLOCKS 2
#include "shared/conv_shared.glsl"
