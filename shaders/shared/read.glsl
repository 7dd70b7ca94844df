// Reads of tensors: with READ_TEXELS through uniform texel buffers, which are much faster on some devices, otherwise from storage
// buffers. TENSOR declares a buffer for LOAD, with elements of four values. TENSOR_OF declares one whose storage type differs
// from that of the other tensors (uvec2 for halves).
#ifndef VKSEG_READ_GLSL
#define VKSEG_READ_GLSL

#include "shared/tensor.glsl"

#ifdef READ_TEXELS
#define TENSOR_OF(type, slot, name) layout(binding = slot) uniform samplerBuffer name; // the buffer view sets the type
#define LOAD(buffer, index) texelFetch(buffer, index)
#else
#define TENSOR_OF(type, slot, name) layout(binding = slot) readonly buffer Block##slot { type name[]; };
#define LOAD(buffer, index) decode(buffer[index])
#endif
#define TENSOR(slot, name) TENSOR_OF(ELEMENT, slot, name)

// Factors of products: as stored with HALVES, otherwise in f32.
#ifdef HALVES
#define FACTOR f16vec4
f16vec4 factor_of(uvec2 element) { return f16vec4(unpackFloat2x16(element.x), unpackFloat2x16(element.y)); }
#else
#define FACTOR vec4
#define factor_of decode
#endif
#ifdef READ_TEXELS
#define LOAD_FACTOR(buffer, index) FACTOR(texelFetch(buffer, index))
#else
#define LOAD_FACTOR(buffer, index) factor_of(buffer[index])
#endif

#endif
