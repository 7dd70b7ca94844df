#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes the channels of one position of a network's input: a triangle-filtered pixel of the picture, normalised.
#include "shared/tensor.glsl"
#include "picture/picture_to_tensor.h"

layout(push_constant) uniform Push { PictureToTensor p; };
layout(binding = 0) writeonly buffer Result { ELEMENT result[]; };
layout(binding = 1) readonly buffer Picture { uint picture[]; };
layout(binding = 2) buffer Sums { vec4 sums[]; }; // of outputs whose rows lie in several slices

// A dispatch sees only the rows of one slice of the picture; the dispatches follow each other from top to bottom.
layout(constant_id = picture_is_sliced_id) const bool is_sliced = false;

const int bgr = 1;
const int grey = 2;

float byte_at(int i)
{
    return float((picture[p.picture_offset + (i >> 2)] >> (8 * (i & 3))) & 255u);
}

vec3 pixel_at(int y, int x)
{
    const int i = (y * p.picture_width + x) * p.picture_channels;
    if (p.picture_channels == 1)
        return vec3(byte_at(i));
    return vec3(byte_at(i), byte_at(i + 1), byte_at(i + 2));
}

// Adds to `sum` the weighted pixels of rows `begin_y` to `end_y` that the filter covers; w is the total weight.
vec4 add_rows(vec4 sum, float centre_y, float centre_x, int begin_y, int end_y)
{
    const int begin_x = max(0, int(floor(centre_x - p.support_x)));
    const int end_x = min(p.picture_width, int(ceil(centre_x + p.support_x)));
    for (int j = begin_y; j < end_y; ++j)
    {
        const float weight_y = max(0.0, 1.0 - abs(float(j) + 0.5 - centre_y) / p.support_y);
        for (int i = begin_x; i < end_x; ++i)
        {
            const float weight = weight_y * max(0.0, 1.0 - abs(float(i) + 0.5 - centre_x) / p.support_x);
            sum += weight * vec4(pixel_at(j, i), 1);
        }
    }
    return sum;
}

void main()
{
    const int i = linear_index();
    if (i >= p.tensor_height * p.tensor_width)
        return;
    const int row = i / p.tensor_width;
    const int x = i % p.tensor_width;
    const bool is_inside = row >= p.top && row < p.top + p.height && x >= p.left && x < p.left + p.width;
    vec3 values = vec3(p.fill_0, p.fill_1, p.fill_2);
    if (is_inside)
    {
        const float centre_y = (float(row - p.top) + 0.5) * float(p.picture_height) / float(p.height);
        const float centre_x = (float(x - p.left) + 0.5) * float(p.picture_width) / float(p.width);
        int begin_y = max(0, int(floor(centre_y - p.support_y)));
        int end_y = min(p.picture_height, int(ceil(centre_y + p.support_y)));
        vec4 sum = vec4(0);
        bool is_complete = true;
        if (is_sliced)
        {
            is_complete = end_y <= p.slice_end;
            end_y = min(end_y, p.slice_end);
            if (max(begin_y, p.slice_begin) >= end_y)
                return;
            if (begin_y < p.slice_begin)
                sum = sums[i];
            begin_y = max(begin_y, p.slice_begin);
        }
        sum = add_rows(sum, centre_y, centre_x, begin_y, end_y);
        if (!is_complete)
        {
            sums[i] = sum;
            return;
        }
        // Weights of pixels outside the picture are left out and the others scaled up, which repeats the edge.
        values = sum.rgb / sum.w;
        if (p.order == bgr)
            values = values.bgr;
        else if (p.order == grey)
            values = vec3(dot(values, vec3(0.299, 0.587, 0.114)));
    }
    values = (values - vec3(p.mean_0, p.mean_1, p.mean_2)) * vec3(p.scale_0, p.scale_1, p.scale_2);
    const vec4 mask = lane_mask(0, p.order == grey ? 1 : 3);
    result[view_index(p.result, 0, 0, row, x)] = encode(vec4(values, 0) * mask);
}
