#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Winograd convolution with tiles of 2x2 outputs: products to outputs.
#define OUTPUTS 2
#include "shared/winograd_output.glsl"
