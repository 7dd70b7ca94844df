#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes the features of one pixel for the exact bilateral filter.
#include "shared/tensor.glsl"
#include "crf/dense_crf.h"

layout(push_constant) uniform Push { CrfFeatures p; };
layout(binding = 0) writeonly buffer Features { vec4 features[]; };
layout(binding = 1) readonly buffer Picture { ELEMENT picture[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.pixels)
        return;
    const ivec2 place = divide(i, p.width);
    const vec4 colour = decode(picture[view_index(p.picture, 0, 0, place.x, place.y)]);
    features[i * 2] = vec4(clamp(colour.xyz, 0.0, 255.0) * p.colour_scale, 1.0);
    features[i * 2 + 1] = vec4(1.0);
}
