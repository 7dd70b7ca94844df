#pragma once

#include <bit>
#include <cstdint>

/// IEEE 754 binary16 and bfloat16 as stored in files and in device memory.
namespace vkseg {

struct Half
{
    uint16_t bits = 0;
};

constexpr float largest_half = 65504;

struct BFloat16
{
    uint16_t bits = 0;
};

inline float to_float(BFloat16 value)
{
    return std::bit_cast<float>(uint32_t(value.bits) << 16);
}

inline float to_float(Half half)
{
    const uint32_t sign = uint32_t(half.bits & 0x8000u) << 16;
    const uint32_t magnitude = half.bits & 0x7fffu;
    if (magnitude >= 0x7c00u) // infinity, NaN
        return std::bit_cast<float>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    if (magnitude >= 0x0400u) // normal: the exponent's bias grows from 15 to 127
        return std::bit_cast<float>(sign | ((magnitude << 13) + (112u << 23)));
    const float value = float(magnitude) * 0x1p-24f;
    return sign ? -value : value;
}

/// Rounds to nearest, ties to even; values that are too large become infinity.
inline Half to_half(float value)
{
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    const uint16_t sign = uint16_t(bits >> 16 & 0x8000u);
    const uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)
        return {uint16_t(sign | 0x7e00u)};
    if (magnitude >= 0x477ff000u) // 65520 and more round to infinity
        return {uint16_t(sign | 0x7c00u)};
    if (magnitude < 0x38800000u) // below 2^-14: adding 0.5 leaves the value, in units of 2^-24, in the low bits
    {
        const uint32_t rounded = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f);
        return {uint16_t(sign | (rounded - 0x3f000000u))};
    }
    const uint32_t odd = magnitude >> 13 & 1u;
    return {uint16_t(sign | ((magnitude - (112u << 23) + 0xfffu + odd) >> 13))};
}

/// Converts a value to the f16 that kernels store for it (shaders/shared/tensor.glsl): values outside the range of f16,
/// including infinities, become the largest f16 of their sign.
inline Half to_stored_half(float value)
{
    return to_half(value > largest_half ? largest_half : value < -largest_half ? -largest_half : value);
}

} // namespace vkseg
