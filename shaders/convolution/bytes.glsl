// Bindings and arithmetic of the convolutions of bytes. An element of x is a word of four signed bytes, one for each channel of its
// block; y has such words, too, if stores_bytes is set, and otherwise floats. Weights are counted in words.
//
// Weight layout: for each tile, `byte_head` words for each of its blocks, then the bytes. The words of a head are four vectors: the
// integers that the sums start with, the factor of the sums, the bias, and the scale and zero point of y.
#ifndef VKSEG_BYTES_GLSL
#define VKSEG_BYTES_GLSL

#ifdef PACKED_DOT
#extension GL_EXT_spirv_intrinsics : require
#endif
#include "convolution/conv.h"
#include "shared/bytes.glsl"

layout(constant_id = stores_bytes_id) const bool stores_bytes = false;

layout(binding = 0) writeonly buffer Output { vec4 y[]; };
layout(binding = 0) writeonly buffer OutputBytes { uint y_bytes[]; };
layout(binding = 1) readonly buffer Input { uint x[]; };
#ifdef BLOCKS // the weights of a block's four outputs to the four inputs of another: a word for each output
layout(binding = 2) readonly buffer Weights { uvec4 weights[]; };
uvec4 load_four(int i) { return weights[i >> 2]; }
#else // depthwise: the weights of a block's four channels in one word
layout(binding = 2) readonly buffer Weights { uint weights[]; };
uvec4 load_four(int i) { return uvec4(weights[i], weights[i + 1], weights[i + 2], weights[i + 3]); }
#endif

// Four factors, and the sum of their products: one instruction of the devices that have it.
#ifdef PACKED_DOT
spirv_instruction(extensions = ["SPV_KHR_integer_dot_product"], capabilities = [6018, 6019], id = 4450)
int signed_dot(uint a, uint b, spirv_literal int format); // OpSDotKHR
#define FACTORS uint
#define factors_of(word) (word)
#define MULTIPLY(a, b) signed_dot(a, b, 0) // PackedVectorFormat4x8BitKHR
#else
#define FACTORS ivec4
#define factors_of unpack_bytes
#define MULTIPLY(a, b) (a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w)
#endif

// `head`: index of the first word of the block's head. `precise`, so that all devices round alike.
vec4 scaled(ivec4 sums, int head)
{
    const vec4 factor = uintBitsToFloat(load_four(head + 4));
    const vec4 bias = uintBitsToFloat(load_four(head + 8));
    precise const vec4 values = vec4(sums) * factor + bias;
    return values;
}

void store(int index, vec4 values, int head)
{
    if (stores_bytes)
    {
        const vec4 quantization = uintBitsToFloat(load_four(head + 12));
        y_bytes[index] = pack_bytes(roundEven(values / quantization.x) + quantization.y);
    }
    else
        y[index] = values;
}
#define STORE(index, values) store(index, values, head)

#endif
