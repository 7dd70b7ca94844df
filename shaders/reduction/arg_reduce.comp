#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32
// Computes one element of indices per invocation, or per workgroup (`is_shared`): those of the largest or smallest values of four
// rows, or of all channels of one pixel.
#include "reduction/best.glsl"
#include "shared/values.glsl"
#include "reduction/arg_reduce.h"

layout(constant_id = arg_reduce_access_id) const int access = arg_reduce_elements;
layout(constant_id = arg_reduce_is_shared_id) const bool is_shared = false;

layout(push_constant) uniform Push { ArgReduce p; };
layout(binding = 0) writeonly buffer Destination { ivec4 destination[]; };
layout(binding = 1) readonly buffer Source { ELEMENT source[]; };
layout(binding = 1) readonly buffer SourceWords { uint source_words[]; };

const int workgroup = 64;
shared VALUES shared_values[workgroup];
shared ivec4 shared_indices[workgroup];

ivec2 place_of(int index) // of source and destination
{
    const int i2 = index % p.extents[2];
    index /= p.extents[2];
    const int i1 = index % p.extents[1];
    const int i0 = index / p.extents[1];
    return ivec2(i0 * p.source_strides[0] + i1 * p.source_strides[1] + i2 * p.source_strides[2],
                 i0 * p.destination_strides[0] + i1 * p.destination_strides[1] + i2 * p.destination_strides[2]);
}

// Best of the steps first, first + stride, …
Best best_of_element(int element, int first, int stride)
{
    ivec4 base = ivec4(p.source_offset);
    for (int lane = 0; lane < 4; ++lane)
        base[lane] += place_of(access == arg_reduce_values ? min(element * 4 + lane, p.values - 1) : element).x;

    const ivec4 lane_index = access == arg_reduce_channels ? ivec4(0, 1, 2, 3) : ivec4(0);
    const int indices_per_step = access == arg_reduce_channels ? 4 : 1;
    Best best = best_of_nothing(first * indices_per_step + lane_index);
    const int steps = access == arg_reduce_channels ? (p.axis_extent + 3) / 4 : p.axis_extent;
    for (int step = first; step < steps; step += stride)
    {
        const ivec4 places = base + step * p.axis_stride;
        VALUES found;
        if (access == arg_reduce_values)
        {
            for (int lane = 0; lane < 4; ++lane)
                found[lane] = value_of(source_words[word_of_value(places[lane])], places[lane]);
        }
        else
            found = decode(source[places.x]);
        const ivec4 index = step * indices_per_step + lane_index;
        const bool are_values = access != arg_reduce_channels; // channels are padded to blocks of four
        best = with_next(best, found, index, are_values ? bvec4(true) : lessThan(index, ivec4(p.axis_extent)));
    }
    if (access == arg_reduce_channels)
        best = best_of_lanes(best);
    return best;
}

void store(int element, Best best)
{
    int place = p.destination_offset + element;
    bvec4 is_value = lessThan(ivec4(element * 4) + ivec4(0, 1, 2, 3), ivec4(p.values));
    if (access == arg_reduce_channels)
    {
        place = p.destination_offset + place_of(element).y;
        is_value = bvec4(true, false, false, false);
    }
    destination[place] = mix(ivec4(0), best.index, is_value);
}

void main()
{
    const int lane = int(gl_LocalInvocationID.x);
    // If shared, the grid has one dimension, with one workgroup per element.
    const int element = is_shared ? int(gl_WorkGroupID.x) : linear_index();
    if (!is_shared && element >= p.elements)
        return;
    Best best = best_of_element(element, is_shared ? lane : 0, is_shared ? workgroup : 1);
    if (is_shared)
    {
        shared_values[lane] = best.value;
        shared_indices[lane] = best.index;
        for (int half_count = workgroup / 2; half_count > 0; half_count /= 2)
        {
            barrier();
            if (lane < half_count)
            {
                best = better(best, Best(shared_values[lane + half_count], shared_indices[lane + half_count]));
                shared_values[lane] = best.value;
                shared_indices[lane] = best.index;
            }
        }
    }
    if (!is_shared || lane == 0)
        store(element, best);
}
