#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Stores the probabilities of all labels of one pixel, or their logits, after the last step.
#include "shared/dense_crf.glsl"

layout(constant_id = 6) const bool gives_logits = false;

layout(binding = 0) writeonly buffer Result { ELEMENT result[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.pixels)
        return;
    const ivec2 place = divide(i, p.width);
    find_logits(i, place);
    if (!gives_logits)
        make_probabilities();
    const int to = view_index(p.result, 0, 0, place.x, place.y);
    for (int block = 0; block < blocks; ++block)
        result[to + block * p.result.block_pitch] =
            encode(mix(vec4(0), logits[block], bvec4(lane_mask(block * 4, p.labels))));
}
