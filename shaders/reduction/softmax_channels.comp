#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 texels
// Computes the softmax over all channels of one pixel in blocked layout.
#include "shared/nan.glsl"
#include "shared/read.glsl"
#include "reduction/softmax.h"

layout(constant_id = softmax_is_log_id) const bool is_log = false;

layout(push_constant) uniform Push { SoftmaxChannels p; };
layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, x)

bvec4 is_channel(int block)
{
    return lessThan(ivec4(block * 4) + ivec4(0, 1, 2, 3), ivec4(p.channels));
}

void main()
{
    const int i = linear_index();
    const int plane = p.rows * p.width;
    if (i >= p.batch * plane)
        return;
    const int batch = i / plane;
    const int row = i % plane / p.width;
    const int column = i % p.width;
    const int blocks = (p.channels + 3) / 4;
    int from = view_index(p.x, batch, 0, row, column);

    // Peaks are finite, as in reduction/reduce.glsl.
    vec4 peaks = vec4(-largest_float);
    for (int block = 0; block < blocks; ++block)
        peaks = max(peaks, mix(peaks, LOAD(x, from + block * p.x.block_pitch), is_channel(block)));
    const float peak = min(max(max(peaks.x, peaks.y), max(peaks.z, peaks.w)), largest_float);

    vec4 sums = vec4(0);
    for (int block = 0; block < blocks; ++block)
        sums += mix(vec4(0), exp(LOAD(x, from + block * p.x.block_pitch) - peak), is_channel(block));
    float sum = dot(sums, vec4(1));
    const int sum_bits = size_bits(vec4(sum)).x;
    if (sum_bits >= infinity_bits || sum_bits == 0)
        sum = not_a_number(); // undefined if a value is +infinity, or all are -infinity

    const float log_sum = is_nan(sum) ? sum : log(sum);
    int to = view_index(p.y, batch, 0, row, column);
    for (int block = 0; block < blocks; ++block)
    {
        const vec4 shifted = LOAD(x, from) - peak;
        const vec4 values = is_log ? shifted - log_sum : exp(shifted) / sum;
        y[to] = encode(mix(vec4(0), values, is_channel(block)));
        from += p.x.block_pitch;
        to += p.y.block_pitch;
    }
}
