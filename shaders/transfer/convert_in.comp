#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32 texels
// Writes one part of a tensor (transfer/convert.glsl) from the words that the host uploaded.
#include "transfer/convert.glsl"

layout(binding = 0) writeonly buffer Tensor { ELEMENT tensor[]; };
TENSOR_OF(VALUES, 1, host)

void main()
{
    const int i = linear_index();
    if (p.is_blocked == 0)
    {
        const bvec4 is_value = lessThan(ivec4(i * 4) + ivec4(0, 1, 2, 3), ivec4(p.values));
        if (i < p.run)
            tensor[p.tensor.offset + i] = encode(mix(VALUES(0), LOAD(host, p.host_offset + i), is_value));
        return;
    }
    const Square square = find_square(i);
    if (square.lanes <= 0)
        return;
    VALUES channels[4];
#define LOAD_CHANNEL(c)                                                                                                \
    channels[c] = LOAD(host, square.host + min(c, square.lanes - 1) * p.run);                                          \
    channels[c] = mix(VALUES(0), channels[c], bvec4(c < square.lanes));
    FOR_FOUR(LOAD_CHANNEL)
    const ivec4 places = places_of(square);
#define STORE_PIXEL(k)                                                                                                 \
    if (square.pixel + k < p.values)                                                                                   \
        tensor[places[k]] = encode(TRANSPOSED(channels, k));
    FOR_FOUR(STORE_PIXEL)
}
