#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Sets the scales of one pixel before and after the exact bilateral filter.
#include "shared/tensor.glsl"
#include "crf/dense_crf.h"

layout(constant_id = crf_is_symmetric_id) const bool is_symmetric = true;

layout(push_constant) uniform Push { CrfNormalize p; };
layout(binding = 0) buffer Features { vec4 features[]; };
layout(binding = 1) readonly buffer Response { vec4 response[]; };
layout(binding = 2) readonly buffer Table { vec4 table[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.pixels)
        return;
    const ivec2 place = divide(i, p.width);
    const float sum = response[i].x;
    const float stored = table[p.scales_y + place.x].x * table[p.scales_x + place.y].x;
    features[i * 2].w = is_symmetric ? inversesqrt(sum) / stored : 1.0;
    features[i * 2 + 1] = vec4(is_symmetric ? inversesqrt(sum) : 1.0 / sum);
}
