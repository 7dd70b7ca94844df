#version 450
// Shows the foreground of the scene before a darkened background.

layout(local_size_x = 8, local_size_y = 8) in;
layout(binding = 0) uniform sampler2D scene;
layout(binding = 1) uniform sampler2D mask;
layout(binding = 2, rgba8) uniform writeonly image2D result;

// Samples of the scene are linear, and the result holds sRGB.
vec3 to_srgb(vec3 linear)
{
    return mix(1.055 * pow(linear, vec3(1.0 / 2.4)) - 0.055, 12.92 * linear, lessThanEqual(linear, vec3(0.0031308)));
}

void main()
{
    const ivec2 at = ivec2(gl_GlobalInvocationID.xy);
    const ivec2 size = imageSize(result);
    if (at.x >= size.x || at.y >= size.y)
        return;
    const vec2 place = (vec2(at) + 0.5) / vec2(size);
    const vec3 colour = textureLod(scene, place, 0.0).rgb;
    const float foreground = textureLod(mask, place, 0.0).r;
    const vec3 background = vec3(0.1, 0.25, 0.6) * dot(colour, vec3(0.3, 0.6, 0.1));
    imageStore(result, at, vec4(to_srgb(mix(background, colour, foreground)), 1));
}
