// Logits of one pixel in a mean-field step, in all blocks of labels, from its unary and the messages to it.
#ifndef VKSEG_DENSE_CRF_GLSL
#define VKSEG_DENSE_CRF_GLSL

#include "shared/nan.glsl"
#include "shared/read.glsl"
#include "crf/dense_crf.h"

layout(constant_id = crf_blocks_id) const int blocks = 1;
layout(constant_id = crf_has_messages_id) const bool has_messages = false;
layout(constant_id = crf_has_matrices_id) const bool has_matrices = false;

layout(push_constant) uniform Push { CrfUpdate p; };
TENSOR(1, unary)
TENSOR_OF(vec4, 2, messages)
TENSOR_OF(vec4, 3, table)

#define MATRIX(place) mat4(LOAD(table, place), LOAD(table, place + 1), LOAD(table, place + 2), LOAD(table, place + 3))

// Call order: find_logits(pixel, place), then make_probabilities() if probabilities are wanted, then value_of(block).
#ifndef RECOMPUTES
#define BLOCKS blocks
vec4 logits[blocks];

void find_logits(int pixel, ivec2 place)
{
    const int from = view_index(p.unary, 0, 0, place.x, place.y);
    for (int block = 0; block < blocks; ++block)
        logits[block] = LOAD(unary, from + block * p.unary.block_pitch);
    if (has_messages && !has_matrices)
    {
        for (int block = 0; block < blocks; ++block)
        {
            const int message = block * p.pixels + pixel;
            logits[block] += p.spatial_weight * LOAD(messages, message) +
                             p.bilateral_weight * LOAD(messages, p.message_pitch + message);
        }
    }
    if (has_matrices)
    {
        for (int input_block = 0; input_block < blocks; ++input_block)
        {
            const int message = input_block * p.pixels + pixel;
            const vec4 spatial = LOAD(messages, message);
            const vec4 bilateral = LOAD(messages, p.message_pitch + message);
            for (int block = 0; block < blocks; ++block)
            {
                const int matrix = p.matrices + (input_block * blocks + block) * 4;
                logits[block] += MATRIX(matrix) * spatial + MATRIX(matrix + blocks * blocks * 4) * bilateral;
            }
        }
    }
}

// Softmax of the logits; zero in the lanes past the last label.
void make_probabilities()
{
    vec4 peaks = vec4(-largest_float); // finite, as in reduce.glsl
    for (int block = 0; block < blocks; ++block)
        peaks = max(peaks, mix(peaks, logits[block], bvec4(lane_mask(block * 4, p.labels))));
    const float peak = min(max(max(peaks.x, peaks.y), max(peaks.z, peaks.w)), largest_float);
    vec4 sums = vec4(0);
    for (int block = 0; block < blocks; ++block)
    {
        logits[block] = mix(vec4(0), exp(logits[block] - peak), bvec4(lane_mask(block * 4, p.labels)));
        sums += logits[block];
    }
    const float inverse = 1.0 / dot(sums, vec4(1));
    for (int block = 0; block < blocks; ++block)
        logits[block] *= inverse;
}

vec4 value_of(int block) { return logits[block]; }
#else // for GPUs whose registers do not hold the logits of all labels
#define BLOCKS ((p.labels + 3) / 4) // a run-time value: with a constant, compilers would unroll the loops and load all at once
int pixel_index;
int unary_index;
bool gives_probabilities = false;
float peak;
float inverse;

void find_logits(int pixel, ivec2 place)
{
    pixel_index = pixel;
    unary_index = view_index(p.unary, 0, 0, place.x, place.y);
}

vec4 logits_of(int block)
{
    vec4 logits = LOAD(unary, unary_index + block * p.unary.block_pitch);
    if (has_messages && !has_matrices)
    {
        const int message = block * p.pixels + pixel_index;
        logits += p.spatial_weight * LOAD(messages, message) +
                  p.bilateral_weight * LOAD(messages, p.message_pitch + message);
    }
    if (has_matrices)
    {
        for (int input_block = 0; input_block < BLOCKS; ++input_block)
        {
            const int message = input_block * p.pixels + pixel_index;
            const int matrix = p.matrices + (input_block * BLOCKS + block) * 4;
            logits += MATRIX(matrix) * LOAD(messages, message) +
                      MATRIX(matrix + BLOCKS * BLOCKS * 4) * LOAD(messages, p.message_pitch + message);
        }
    }
    return logits;
}

vec4 exponentials_of(int block)
{
    return mix(vec4(0), exp(logits_of(block) - peak), bvec4(lane_mask(block * 4, p.labels)));
}

void make_probabilities()
{
    vec4 peaks = vec4(-largest_float);
    for (int block = 0; block < BLOCKS; ++block)
        peaks = max(peaks, mix(peaks, logits_of(block), bvec4(lane_mask(block * 4, p.labels))));
    peak = min(max(max(peaks.x, peaks.y), max(peaks.z, peaks.w)), largest_float);
    vec4 sums = vec4(0);
    for (int block = 0; block < BLOCKS; ++block)
        sums += exponentials_of(block);
    inverse = 1.0 / dot(sums, vec4(1));
    gives_probabilities = true;
}

vec4 value_of(int block) { return gives_probabilities ? exponentials_of(block) * inverse : logits_of(block); }
#endif

#endif
