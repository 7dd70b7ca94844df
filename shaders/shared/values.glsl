// Tensors read value by value: a buffer of 32-bit words in which values lie in row-major order (linear layout).
#ifndef VKSEG_VALUES_GLSL
#define VKSEG_VALUES_GLSL

#include "shared/tensor.glsl"

// Value i of a tensor lies in word word_of_value(i) of its buffer; value_of extracts it from that word.
#if defined(STORAGE_F16)
#define VALUE float
int word_of_value(int i) { return i >> 1; }
float value_of(uint word, int i) { return unpackHalf2x16(word >> ((i & 1) * 16)).x; }
#elif defined(STORAGE_I32)
#define VALUE int
int word_of_value(int i) { return i; }
int value_of(uint word, int i) { return int(word); }
#else
#define VALUE float
int word_of_value(int i) { return i; }
float value_of(uint word, int i) { return uintBitsToFloat(word); }
#endif

#endif
