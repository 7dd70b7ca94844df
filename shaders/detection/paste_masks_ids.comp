#version 450
#extension GL_GOOGLE_include_directive : require
// builds: i32
// Finds the first instance at each of four consecutive pixels, from the bits of all instances.
#include "shared/tensor.glsl"
#include "detection/paste_masks.h"

layout(push_constant) uniform Push { PasteMasksIds p; };
layout(binding = 0) buffer Ids { uint ids[]; };
layout(binding = 1) readonly buffer Bits { uint bits[]; };

// Bits 0 to 3, each as the lowest bit of a byte.
uint as_bytes(uint four)
{
    return (four & 1u) | (four & 2u) << 7 | (four & 4u) << 14 | (four & 8u) << 21;
}

uint found_bits(uint bytes)
{
    uint found = 0u;
    for (int k = 0; k < 4; ++k)
        found |= uint((bytes >> 8 * k & 255u) != 0u) << k;
    return found;
}

void main()
{
    const int i = linear_index();
    const int first = p.first_pixel + 4 * i;
    const int count = min(4, p.end_pixel - first);
    if (count <= 0)
        return;
    uint result = p.is_first != 0 ? 0u : ids[p.ids_offset + i];
    const uint found = found_bits(result);
    // The pixels lie in one word of bits, or in several if a row or a word ends between them.
    int k = 0;
    while (k < count)
    {
        const ivec2 place = divide(first + k, p.width);
        const int shift = place.y & 31;
        const int run = min(min(count - k, p.width - place.y), 32 - shift);
        uint open = ((1u << run) - 1u) & ~(found >> k);
        int word = p.bits_offset + place.x * p.words + (place.y >> 5);
        for (int instance = 0; instance < p.instances && open != 0u; ++instance)
        {
            const uint hit = bits[word] >> shift & open;
            result |= as_bytes(hit) * uint(p.first_instance + instance + 1) << (8 * k);
            open &= ~hit;
            word += p.height * p.words;
        }
        k += run;
    }
    ids[p.ids_offset + i] = result;
}
