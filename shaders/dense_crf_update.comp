#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Makes the probabilities of all labels of one pixel, as the filters of the next step want them.
#include "shared/dense_crf.glsl"

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
    for (int block = 0; block < blocks; ++block)
        probabilities[block * p.pixels + i] = logits[block] * scale;
}
