#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes the channels of one position of a network's input: a triangle-filtered pixel of the picture, normalised.
#include "shared/tensor.glsl"
#include "picture_to_tensor.h"

layout(push_constant) uniform Push { PictureToTensor p; };
layout(binding = 0) writeonly buffer Result { ELEMENT result[]; };
layout(binding = 1) readonly buffer Picture { uint picture[]; };

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

// Weights of pixels outside the picture are left out and the others scaled up, which repeats the edge.
vec3 filtered(int y, int x)
{
    const float centre_y = (float(y) + 0.5) * float(p.picture_height) / float(p.height);
    const float centre_x = (float(x) + 0.5) * float(p.picture_width) / float(p.width);
    const int first_y = max(0, int(floor(centre_y - p.support_y)));
    const int first_x = max(0, int(floor(centre_x - p.support_x)));
    const int end_y = min(p.picture_height, int(ceil(centre_y + p.support_y)));
    const int end_x = min(p.picture_width, int(ceil(centre_x + p.support_x)));
    vec3 sum = vec3(0);
    float total = 0;
    for (int j = first_y; j < end_y; ++j)
    {
        const float weight_y = max(0.0, 1.0 - abs(float(j) + 0.5 - centre_y) / p.support_y);
        for (int i = first_x; i < end_x; ++i)
        {
            const float weight = weight_y * max(0.0, 1.0 - abs(float(i) + 0.5 - centre_x) / p.support_x);
            sum += weight * pixel_at(j, i);
            total += weight;
        }
    }
    return sum / total;
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
        values = filtered(row - p.top, x - p.left);
        if (p.order == bgr)
            values = values.bgr;
        else if (p.order == grey)
            values = vec3(dot(values, vec3(0.299, 0.587, 0.114)));
    }
    values = (values - vec3(p.mean_0, p.mean_1, p.mean_2)) * vec3(p.scale_0, p.scale_1, p.scale_2);
    const vec4 mask = lane_mask(0, p.order == grey ? 1 : 3);
    result[view_index(p.result, 0, 0, row, x)] = encode(vec4(values, 0) * mask);
}
