#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Scales and turns a mask of one byte per pixel. One invocation for each word of four pixels of the result.
#include "picture/place_mask.h"

layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(push_constant) uniform Push { PlaceMask p; };
layout(binding = 0) writeonly buffer Result { uint result[]; };
layout(binding = 1) readonly buffer Mask { uint mask[]; };

float mask_at(int x, int y)
{
    const int i = clamp(y, 0, p.mask_height - 1) * p.mask_width + clamp(x, 0, p.mask_width - 1);
    return float((mask[i >> 2] >> (8 * (i & 3))) & 255u);
}

float value_at(int x, int y)
{
    const float centre_x = float(x) + 0.5;
    const float centre_y = float(y) + 0.5;
    const float at_x = p.x0 + centre_x * p.x_by_x + centre_y * p.x_by_y;
    const float at_y = p.y0 + centre_x * p.y_by_x + centre_y * p.y_by_y;
    if (p.is_linear == 0)
        return mask_at(int(floor(at_x)), int(floor(at_y)));
    const float left = floor(at_x - 0.5);
    const float top = floor(at_y - 0.5);
    const float weight_x = at_x - 0.5 - left;
    const float weight_y = at_y - 0.5 - top;
    const int i = int(left);
    const int j = int(top);
    return mix(mix(mask_at(i, j), mask_at(i + 1, j), weight_x),
               mix(mask_at(i, j + 1), mask_at(i + 1, j + 1), weight_x), weight_y);
}

void main()
{
    const int word = int(gl_GlobalInvocationID.x);
    const int y = int(gl_GlobalInvocationID.y);
    if (word >= p.pitch || y >= p.height)
        return;
    uint pixels = 0u;
    for (int i = 0; i < 4; ++i)
        pixels |= uint(value_at(min(4 * word + i, p.width - 1), y) + 0.5) << (8 * i);
    result[y * p.pitch + word] = pixels;
}
