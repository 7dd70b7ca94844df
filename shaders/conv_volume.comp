#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Convolution of volumes with any window, groups and dilation.
#define VOLUME
#ifdef READ_TEXELS
#define PIXELS 4
#define BLOCKS 4
#else
#define PIXELS 8
#define BLOCKS 2
#endif
#include "shared/conv.glsl"
