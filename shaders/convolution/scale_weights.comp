#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Scales one element of weights, from one input to four outputs; the bias before each tile's weights is unchanged.
#include "shared/read.glsl"
#include "convolution/scale_weights.h"

layout(push_constant) uniform Push { ScaleWeights p; };
layout(binding = 0) writeonly buffer Scaled { ELEMENT scaled[]; };
TENSOR(1, weights)
TENSOR(2, scale)

void main()
{
    const int i = linear_index();
    if (i >= p.elements * p.batches)
        return;
    const ivec2 batch = divide(i, p.elements);
    const int place = divide(batch.y, p.tile_pitch).y - p.tile_blocks;
    const int block = divide(max(place, 0), p.tile_blocks * 4).x;
    const vec4 scales = LOAD(scale, view_index(p.scale, batch.x, block, 0, 0));
    const float factor = place < 0 ? 1.0 : scales[place & 3];
    scaled[i] = encode(LOAD(weights, batch.y) * factor);
}
