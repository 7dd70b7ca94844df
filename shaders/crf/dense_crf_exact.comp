#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 texels
// Sums the contributions of all pixels to one pixel by the bilateral Gaussian, in several blocks of labels.
#include "shared/read.glsl"
#include "crf/dense_crf.h"

layout(constant_id = crf_blocks_id) const int blocks = 1;
layout(constant_id = crf_is_of_ones_id) const bool is_of_ones = false; // sums the weights themselves

layout(push_constant) uniform Push { CrfExact p; };
layout(binding = 0) writeonly buffer Messages { vec4 messages[]; };
TENSOR(1, probabilities)
TENSOR(2, features)

void main()
{
    const int index = linear_index();
    if (index >= p.count)
        return;
    const int pixel = p.first + index;
    const ivec2 place = divide(pixel, p.width);
    const vec3 colour = LOAD(features, pixel * 2).xyz;
    vec4 sums[blocks];
    for (int block = 0; block < blocks; ++block)
        sums[block] = vec4(0);
    const int pixels = p.width * p.height;
    const int first = p.first_block * pixels;
    for (int y = 0; y < p.height; ++y)
    {
        const float down = float(y - place.x) * p.position_scale;
        for (int x = 0; x < p.width; ++x)
        {
            const int other = y * p.width + x;
            const vec4 feature = LOAD(features, other * 2);
            const float right = float(x - place.y) * p.position_scale;
            const vec3 difference = feature.xyz - colour;
            const float weight =
                feature.w * exp(-0.5 * (down * down + right * right + dot(difference, difference)));
            for (int block = 0; block < blocks; ++block)
                sums[block] +=
                    weight * (is_of_ones ? vec4(1) : LOAD(probabilities, first + block * pixels + other));
        }
    }
    const float scale = LOAD(features, pixel * 2 + 1).x;
    for (int block = 0; block < blocks; ++block)
        messages[first + block * pixels + pixel] = sums[block] * scale;
}
