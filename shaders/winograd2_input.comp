#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Winograd convolution with tiles of 2x2 outputs: inputs to their transforms.
#define OUTPUTS 2
#include "shared/winograd_input.glsl"
