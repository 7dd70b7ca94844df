#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Finds the simplex of the lattice that holds one pixel, and the pixel's barycentric weights in it.
#include "crf/lattice.glsl"

layout(push_constant) uniform Push { LatticeEmbed p; };
layout(binding = 0) writeonly buffer Entries { uvec4 entries[]; };
layout(binding = 1) readonly buffer Picture { ELEMENT picture[]; };

const int last = lattice_corners - 1;

void main()
{
    const int i = linear_index();
    if (i >= p.pixels)
        return;
    const ivec2 place = divide(i, p.width);
    const vec4 colour = clamp(decode(picture[view_index(p.picture, 0, 0, place.x, place.y)]), 0.0, 255.0);

    // Projects onto the hyperplane on which coordinates sum to zero. Every device must compute this bit by bit as written: points
    // in reach of each other must find the same corners.
    const float scales[last] = float[](p.scale_0, p.scale_1, p.scale_2, p.scale_3, p.scale_4);
    const float features[last] = float[](float(place.y), float(place.x), colour.x, colour.y, colour.z);
    precise float coordinates[lattice_corners];
    precise float sum = 0.0;
    for (int axis = last; axis > 0; --axis)
    {
        precise const float scaled = features[axis - 1] * scales[axis - 1];
        precise const float product = float(axis) * scaled;
        coordinates[axis] = sum - product;
        sum += scaled;
    }
    coordinates[0] = sum;

    // Nearest lattice point of remainder 0, if rounding keeps the sum at zero.
    precise const float sixth = 1.0 / float(lattice_corners);
    int quotients[lattice_corners];
    precise float rests[lattice_corners];
    int excess = 0;
    for (int axis = 0; axis < lattice_corners; ++axis)
    {
        precise const float cells = coordinates[axis] * sixth;
        precise const float nearest = floor(cells + 0.5);
        rests[axis] = cells - nearest;
        quotients[axis] = int(nearest);
        excess += quotients[axis];
    }
    // Ranks the rests, largest first; then corrects the sum at the coordinates where this costs least.
    int ranks[lattice_corners] = int[](0, 0, 0, 0, 0, 0);
    for (int a = 0; a < last; ++a)
    {
        for (int b = a + 1; b < lattice_corners; ++b)
        {
            const bool is_less = rests[a] < rests[b];
            ranks[a] += int(is_less);
            ranks[b] += int(!is_less);
        }
    }
    precise float ordered[lattice_corners];
    for (int axis = 0; axis < lattice_corners; ++axis)
    {
        int rank = ranks[axis] + excess;
        const int carry = int(rank < 0) - int(rank >= lattice_corners);
        rank += carry * lattice_corners;
        quotients[axis] += carry;
        rests[axis] -= float(carry);
        ranks[axis] = rank;
        ordered[rank] = rests[axis];
    }

    const int origins[last] = int[](p.origin_0, p.origin_1, p.origin_2, p.origin_3, p.origin_4);
    const int shifts[last] = int[](p.key.shift_0, p.key.shift_1, p.key.shift_2, p.key.shift_3, p.key.shift_4);
    for (int corner = 0; corner < lattice_corners; ++corner)
    {
        uvec2 key = uvec2(corner, 0);
        for (int axis = 0; axis < last; ++axis)
            key += key_field(quotients[axis] + origins[axis] - int(ranks[axis] > last - corner), shifts[axis]);
        precise const float weight = corner == 0 ? 1.0 + ordered[last] - ordered[0]
                                                 : ordered[last - corner] - ordered[last + 1 - corner];
        const int entry = i * lattice_corners + corner;
        entries[entry] = uvec4(key, entry, floatBitsToUint(weight));
    }
}
