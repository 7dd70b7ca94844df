#version 450
#extension GL_GOOGLE_include_directive : require
// variant dense_crf_result                  f32 f16
// variant dense_crf_result_texel            f32 f16 READ_TEXELS
// variant dense_crf_result_recomputed       f32 f16 RECOMPUTES
// variant dense_crf_result_recomputed_texel f32 f16 RECOMPUTES READ_TEXELS
// Stores the probabilities of all labels of one pixel, or their logits, after the last step.
#include "crf/dense_crf.glsl"

layout(constant_id = crf_gives_logits_id) const bool gives_logits = false;

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
    for (int block = 0; block < BLOCKS; ++block)
        result[to + block * p.result.block_pitch] =
            encode(mix(vec4(0), value_of(block), bvec4(lane_mask(block * 4, p.labels))));
}
