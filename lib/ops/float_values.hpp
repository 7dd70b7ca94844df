#pragma once

#include "vkseg/tensor.hpp"

#include <cstdint>

namespace vkseg {

/// A constant's values as floats, without a copy if they are stored as aligned floats: a file may place them anywhere.
class FloatValues
{
public:
    explicit FloatValues(const Tensor& tensor)
        : copy_(is_readable(tensor) ? std::vector<float>() : tensor.to_floats())
        , values_(is_readable(tensor) ? tensor.floats() : std::span<const float>(copy_))
    {}
    FloatValues(const FloatValues&) = delete;
    FloatValues& operator=(const FloatValues&) = delete;
    std::span<const float> span() const { return values_; }

private:
    static bool is_readable(const Tensor& tensor)
    {
        return tensor.type() == DType::f32 && reinterpret_cast<uintptr_t>(tensor.bytes().data()) % alignof(float) == 0;
    }

    std::vector<float> copy_;
    std::span<const float> values_;
};

} // namespace vkseg
