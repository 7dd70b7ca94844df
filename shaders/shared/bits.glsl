// Tensors as bits, for kernels that move values without computing: numbers read as floats might lose denormals and the
// payload of NaN. The build f32 moves 32-bit values, integers too; the build f16 moves halves.
#ifndef VKSEG_BITS_GLSL
#define VKSEG_BITS_GLSL

#include "shared/tensor.glsl"

#ifdef STORAGE_F16
#define BITS uvec2
uvec4 unpack_bits(uvec2 element) { return uvec4(element.x & 0xffffu, element.x >> 16, element.y & 0xffffu, element.y >> 16); }
uvec2 pack_bits(uvec4 lanes) { return uvec2(lanes.x | lanes.y << 16, lanes.z | lanes.w << 16); }
// Value i of a tensor lies in word word_of(i) of its buffer; bits_of extracts it from that word.
int word_of(int i) { return i >> 1; }
uint bits_of(uint word, int i) { return word >> ((i & 1) * 16) & 0xffffu; }
#else
#define BITS uvec4
uvec4 unpack_bits(uvec4 element) { return element; }
uvec4 pack_bits(uvec4 lanes) { return lanes; }
int word_of(int i) { return i; }
uint bits_of(uint word, int i) { return word; }
#endif

#endif
