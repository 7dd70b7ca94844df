#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Packs one element of weights in the order of the convolution kernels (conv.comp, conv_depthwise.comp): the weights
// from one input to four outputs, or four biases, which are 0.
#include "shared/values.glsl"
#include "convolution/pack_weights.h"

layout(push_constant) uniform Push { PackWeights p; };
layout(binding = 0) writeonly buffer Packed { ELEMENT packed[]; };
layout(binding = 1) readonly buffer Weights { uint weights[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.elements * p.entries)
        return;
    const ivec2 entry = divide(i, p.elements);
    const ivec2 tile = divide(entry.y, p.tile_pitch);
    const bool is_depthwise = p.tile_blocks == 0;
    const int blocks = max(p.tile_blocks, 1);
    const int place = max(tile.y - blocks, 0); // after the biases
    const bool is_bias = tile.y < blocks;

    const ivec2 row = divide(is_depthwise ? place : place >> 2, blocks); // (input block and tap, output block)
    const ivec2 tap = divide(row.x, p.taps);
    const ivec2 tap_place = divide(tap.y, p.tap_columns);
    const int first_output = (tile.x * blocks + row.y) * 4;
    const int first_block = divide(tile.x * blocks * 4, p.group_outputs).x * p.group_inputs >> 2;
    const int channel = (first_block + tap.x) * 4 + (place & 3); // input, counted over all groups
    vec4 values = vec4(0);
    for (int lane = 0; lane < 4; ++lane)
    {
        const int o = min(first_output + lane, p.outputs - 1);
        const int in_group = is_depthwise ? 0 : channel - divide(o, p.group_outputs).x * p.group_inputs;
        const bool is_connected =
            !is_bias && first_output + lane < p.outputs && in_group >= 0 && in_group < p.group_inputs;
        const int input_channel = clamp(in_group, 0, p.group_inputs - 1);
        const int from = p.offset + entry.x * p.entry_stride + o * p.output_stride + (input_channel >> 2) * p.block_stride +
                         (input_channel & 3) * p.lane_stride + tap_place.x * p.row_stride +
                         tap_place.y * p.column_stride;
        values[lane] = is_connected ? value_of(weights[word_of_value(from)], from) : 0.0;
    }
    packed[i] = encode(values * p.factor);
}
