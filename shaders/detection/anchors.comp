#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Writes one anchor: a base box, moved to its pixel.
#include "shared/tensor.glsl"
#include "detection/anchors.h"

layout(push_constant) uniform Push { Anchors p; };
layout(binding = 0) writeonly buffer Y { vec4 y[]; };
layout(binding = 1) readonly buffer Base { vec4 base[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.count)
        return;
    const ivec2 pixel_anchor = divide(i, p.anchors);
    const ivec2 place = divide(pixel_anchor.x, p.width).yx; // x, y
    precise const vec2 moved = vec2(place) * vec2(p.stride_x, p.stride_y);
    precise const vec4 corners = base[pixel_anchor.y] + moved.xyxy;
    y[p.offset + i] = corners;
}
