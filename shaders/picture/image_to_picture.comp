#version 450
#extension GL_GOOGLE_include_directive : require
// variant image_to_picture f32
// variant buffer_to_picture f32 IS_BUFFER=1
// Writes a picture of RGBA bytes from an image or a buffer of the app, cropped and turned. One invocation for each pixel.
#include "picture/image_to_picture.h"

layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(push_constant) uniform Push { ImageToPicture p; };
layout(binding = 0) writeonly buffer Picture { uint picture[]; };
#ifdef IS_BUFFER
layout(binding = 1) readonly buffer Source { uint source[]; };

uint pixel_at(ivec2 place)
{
    const uint pixel = source[p.first + place.y * p.stride + place.x];
    if (p.is_bgra == 0)
        return pixel;
    return (pixel & 0xff00ff00u) | ((pixel & 0xffu) << 16) | ((pixel >> 16) & 0xffu);
}
#else
layout(binding = 1) uniform sampler2D source;

vec3 to_srgb(vec3 linear)
{
    return mix(1.055 * pow(linear, vec3(1.0 / 2.4)) - 0.055, 12.92 * linear, lessThanEqual(linear, vec3(0.0031308)));
}

uint pixel_at(ivec2 place)
{
    const vec2 at = (vec2(place) + 0.5) * vec2(p.texel_width, p.texel_height);
    vec3 pixel = clamp(textureLod(source, at, 0.0).rgb, 0.0, 1.0);
    if (p.is_grey != 0)
        pixel = pixel.rrr;
    if (p.encodes_srgb != 0)
        pixel = to_srgb(pixel);
    return packUnorm4x8(vec4(pixel, 1));
}
#endif

void main()
{
    const ivec2 at = ivec2(gl_GlobalInvocationID.xy);
    if (at.x >= p.width || at.y >= p.height)
        return;
    const ivec2 place = ivec2(p.x0 + at.x * p.x_by_x + at.y * p.x_by_y, p.y0 + at.x * p.y_by_x + at.y * p.y_by_y);
    picture[at.y * p.width + at.x] = pixel_at(place);
}
