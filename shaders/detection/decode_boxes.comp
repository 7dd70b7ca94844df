#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Decodes one box.
#include "shared/tensor.glsl"
#include "detection/decode_boxes.h"

layout(push_constant) uniform Push { DecodeBoxes p; };
layout(binding = 0) writeonly buffer Y { vec4 y[]; };
layout(binding = 1) readonly buffer Boxes { vec4 boxes[]; };
layout(binding = 2) readonly buffer Deltas { vec4 deltas[]; };

void main()
{
    const int i = linear_index();
    if (i >= p.count)
        return;
    const vec4 box = boxes[p.boxes_offset + i / p.classes];
    const vec4 delta =
        deltas[p.deltas_offset + i] / vec4(p.weight_x, p.weight_y, p.weight_width, p.weight_height);
    const vec2 size = box.zw - box.xy + p.last_pixel;
    const vec2 centre = box.xy + 0.5 * size;
    const vec2 new_centre = delta.xy * size + centre;
    const vec2 half_size = 0.5 * (exp(min(delta.zw, vec2(p.max_log_scale))) * size);
    vec4 corners = vec4(new_centre - half_size, new_centre + half_size);
    if (p.is_clipped != 0)
        corners = clamp(corners, vec4(0.0), vec4(p.width, p.height, p.width, p.height));
    // An axis of which anything is NaN. Devices differ in what the functions above make of it.
    const bvec4 box_nan = is_nan(box);
    const bvec4 delta_nan = is_nan(delta);
    const bvec2 is_undefined = bvec2(any(box_nan.xz) || any(delta_nan.xz), any(box_nan.yw) || any(delta_nan.yw));
    corners = mix(corners, vec4(not_a_number()), is_undefined.xyxy);
    y[p.y_offset + i] = corners;
}
