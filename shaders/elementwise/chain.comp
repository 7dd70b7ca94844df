#version 450
#extension GL_GOOGLE_include_directive : require
// variant chain       f32 f16
// variant chain_texel f32 f16 READ_TEXELS
// variant chain_bytes f32 f16 BYTES
// Computes one element of four values by several functions; operands of extent 1 are broadcast. With BYTES, those in `bytes` are
// words of four signed bytes.
#include "elementwise/elementwise.glsl"
#include "shared/read.glsl"
#include "elementwise/chain.glsl"

layout(binding = 0) writeonly buffer Y { ELEMENT y[]; };
TENSOR(1, a)
TENSOR(2, b)
TENSOR(3, c)
#ifdef BYTES
#include "shared/bytes.glsl"
layout(constant_id = chain_bytes_id) const int bytes = 0; // a bit for each binding
layout(binding = 0) writeonly buffer YBytes { uint y_bytes[]; };
layout(binding = 1) readonly buffer ABytes { uint a_bytes[]; };
layout(binding = 2) readonly buffer BBytes { uint b_bytes[]; };
layout(binding = 3) readonly buffer CBytes { uint c_bytes[]; };
#undef LOAD
#define LOAD(name, index) load_##name(index)
#define LOAD_FUNCTION(name, binding)                                                                                   \
    vec4 load_##name(int i)                                                                                            \
    {                                                                                                                  \
        if ((bytes & 1 << binding) != 0)                                                                               \
            return vec4(unpack_bytes(name##_bytes[i]));                                                                \
        return decode(name[i]);                                                                                        \
    }
LOAD_FUNCTION(a, 1)
LOAD_FUNCTION(b, 2)
LOAD_FUNCTION(c, 3)
#endif

void main()
{
    const int i = linear_index();
    if (i >= p.elements)
        return;
    const ivec4 place = place_of(i);
    const vec4 a_values = spread(LOAD(a, index_at(p.a, place)), p.a);
    vec4 b_values = a_values;
    vec4 c_values = a_values;
    for (int n = 1; n < min(inputs, 2); ++n)
        b_values = spread(LOAD(b, index_at(p.b, place)), p.b);
    for (int n = 2; n < inputs; ++n)
        c_values = spread(LOAD(c, index_at(p.c, place)), p.c);
    const vec4 values = mix(vec4(0), chain(a_values, b_values, c_values), held_lanes(place));
#ifdef BYTES
    if ((bytes & 1) != 0)
    {
        y_bytes[index_at(p.y, place)] = pack_bytes(values);
        return;
    }
#endif
    y[index_at(p.y, place)] = encode(values);
}
