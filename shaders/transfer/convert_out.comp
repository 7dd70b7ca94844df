#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16 i32 texels
// Writes one part of a tensor (transfer/convert.glsl) as words for the host.
#include "transfer/convert.glsl"

layout(binding = 0) writeonly buffer Host { VALUES host[]; };
TENSOR(1, tensor)

void main()
{
    const int i = linear_index();
    if (p.is_blocked == 0)
    {
        if (i < p.run)
            host[p.host_offset + i] = LOAD(tensor, p.tensor.offset + i);
        return;
    }
    const Square square = find_square(i);
    if (square.lanes <= 0)
        return;
    const ivec4 places = places_of(square);
    VALUES pixels[4];
#define LOAD_PIXEL(k) pixels[k] = LOAD(tensor, square.pixel + k < p.values ? places[k] : places[0]);
    FOR_FOUR(LOAD_PIXEL)
#define STORE_CHANNEL(c)                                                                                               \
    if (c < square.lanes)                                                                                              \
        host[square.host + c * p.run] = TRANSPOSED(pixels, c);
    FOR_FOUR(STORE_CHANNEL)
}
