// Storage of tensors: elements of four values, in f32 as vec4, in f16 as uvec2 of packed halves, integers as ivec4. Arithmetic is
// in f32, except for products with HALVES (read.glsl). The build defines exactly one of STORAGE_F32, STORAGE_F16 and STORAGE_I32.
#ifndef VKSEG_TENSOR_GLSL
#define VKSEG_TENSOR_GLSL

#include "shared/nan.glsl"
#include "shared/view.h"

// Specialization constants 0, 1, 2 are the workgroup size; 3 and up belong to the shader.
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

// Both overloads, because some kernels read f32 and halves side by side.
vec4 decode(vec4 element) { return element; }
vec4 decode(uvec2 element) { return vec4(unpackHalf2x16(element.x), unpackHalf2x16(element.y)); }

#if defined(STORAGE_F16)
#define ELEMENT uvec2
#define VALUES vec4
// Values outside the range of halves, including infinities, are stored as the largest half: some drivers pack them as NaN. NaN is
// packed as the largest half, too, and then set by its bits: with SwiftShader (Debian 12's chromium), packing NaN changes the
// neighbouring half by a unit in the last place. All operations are on integers: max and min of NaN are implementation-defined,
// and drivers that define them need more instructions.
uvec2 encode(vec4 values)
{
    const int largest_half = 0x477fe000; // the bits of 65504.0
    const ivec4 size = size_bits(values);
    const ivec4 sign = floatBitsToInt(values) ^ size;
    const vec4 saturated = intBitsToFloat(min(size, largest_half) | sign);
    const uvec4 nan_mask = uvec4((infinity_bits - size) >> 31);
    return uvec2(packHalf2x16(saturated.xy), packHalf2x16(saturated.zw)) | nan_mask.xz & 0x7e00u | nan_mask.yw & 0x7e000000u;
}

// Encodes values that were read from storage and need no saturation. A lane of `nan_mask` has all bits set for NaN, otherwise
// none.
uvec2 encode_read(vec4 values, ivec4 nan_mask)
{
    const vec4 numbers = intBitsToFloat(floatBitsToInt(values) & ~nan_mask);
    const uvec4 bits = uvec4(nan_mask);
    return uvec2(packHalf2x16(numbers.xy), packHalf2x16(numbers.zw)) | bits.xz & 0x7e00u | bits.yw & 0x7e000000u;
}
#elif defined(STORAGE_I32)
#define ELEMENT ivec4
#define VALUES ivec4
ivec4 decode(ivec4 element) { return element; }
ivec4 encode(ivec4 values) { return values; }
#else
#define ELEMENT vec4
#define VALUES vec4
vec4 encode(vec4 values) { return values; }
vec4 encode_read(vec4 values, ivec4 nan_mask) { return intBitsToFloat(floatBitsToInt(values) | nan_mask); }
#endif

#ifdef STORAGE_I32
ivec4 lowest() { return ivec4(-2147483647 - 1); }
ivec4 highest() { return ivec4(2147483647); }
#else
vec4 lowest() { return vec4(-infinity()); }
vec4 highest() { return vec4(infinity()); }
#endif

// Index of this invocation in a grid that the host folded because it does not fit one dimension.
int linear_index()
{
    return int(gl_GlobalInvocationID.x + gl_GlobalInvocationID.y * (gl_NumWorkGroups.x * gl_WorkGroupSize.x));
}

// Quotient (at most 2^30) and remainder of n >= 0 and d > 0, computed in f32: devices divide vectors of floats at once, but
// integers one by one or even bit by bit. The first estimate is off by at most 2^9, the second by at most 1.
ivec2 divide(int n, int d)
{
    const float inverse = 1.0 / float(d);
    int quotient = int(float(n) * inverse);
    quotient += int(float(n - quotient * d) * inverse);
    int remainder = n - quotient * d;
    const int correction = int(remainder >= d) - int(remainder < 0);
    quotient += correction;
    remainder -= correction * d;
    return ivec2(quotient, remainder);
}

int view_index(View view, int batch, int block, int row, int x)
{
    return view.offset + batch * view.batch_pitch + block * view.block_pitch + row * view.row_pitch + x;
}

// 1 in the lanes of a channel block that hold channels, 0 in its padding: pad lanes are always stored as zero.
vec4 lane_mask(int first_channel, int channels)
{
    return vec4(lessThan(ivec4(first_channel) + ivec4(0, 1, 2, 3), ivec4(channels)));
}

#endif
