#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Convolution from operands in shared memory, 4 pixels to an invocation, of tensors in f32 by weights in f16.
#define HALF_WEIGHTS
#define PIXELS 4
#define BLOCKS 2
#include "shared/conv_shared.glsl"
