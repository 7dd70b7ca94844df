#version 450
#extension GL_GOOGLE_include_directive : require
// variant dense_crf_update                  f32 f16
// variant dense_crf_update_texel            f32 f16 READ_TEXELS
// variant dense_crf_update_recomputed       f32 f16 RECOMPUTES
// variant dense_crf_update_recomputed_texel f32 f16 RECOMPUTES READ_TEXELS
// Computes the probabilities of all labels of one pixel, scaled for the filters of the next step.
#include "crf/dense_crf.glsl"

layout(binding = 0) writeonly buffer Probabilities { vec4 probabilities[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.pixels)
        return;
    const ivec2 place = divide(i, p.width);
    find_logits(i, place);
    make_probabilities();
    const float scale = LOAD(table, p.scales_y + place.x).x * LOAD(table, p.scales_x + place.y).x;
    for (int block = 0; block < BLOCKS; ++block)
        probabilities[block * p.pixels + i] = value_of(block) * scale;
}
