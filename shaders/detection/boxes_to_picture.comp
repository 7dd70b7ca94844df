#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Moves one box from the network's input to the picture, and clips it to that.
#include "shared/tensor.glsl"
#include "detection/boxes_to_picture.h"

layout(push_constant) uniform Push { BoxesToPicture p; };
layout(binding = 0) writeonly buffer Y { vec4 y[]; };
layout(binding = 1) readonly buffer Boxes { vec4 boxes[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.count)
        return;
    const vec4 box = boxes[p.boxes_offset + i];
    precise const vec4 moved = (box - vec4(p.left, p.top, p.left, p.top)) * vec4(p.scale_x, p.scale_y, p.scale_x, p.scale_y);
    const vec4 clipped = keep_nan(moved, clamp(moved, vec4(0.0), vec4(p.width, p.height, p.width, p.height)));
    y[p.y_offset + i] = p.clips != 0 ? clipped : moved;
}
