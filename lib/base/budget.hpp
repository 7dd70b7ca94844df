#pragma once

#include <cstddef>
#include <cstdint>

/// Limits on the memory and planning time of a network. A file of 160 bytes can ask for terabytes, so every cost is
/// checked against its limit before memory is allocated or values are computed.
namespace vkseg {

/// Memory for any network, even one with few constants. Program and software driver included, it stays below 1 GB.
constexpr size_t base_memory_bytes = size_t(768) << 20;
/// Additional memory for each byte of constants. Planning may then compute one value per byte, which is enough to
/// transpose f16 weights and then fold a batch normalisation into them.
constexpr size_t memory_per_constant_byte = 32;

/// Additional memory for each value of inputs whose shape is chosen by the caller, not by the file: 128 floats.
constexpr size_t memory_per_chosen_value = 512;

/// Default of SessionOptions::max_memory_bytes.
constexpr size_t default_memory_bytes(size_t constant_bytes, size_t chosen_values)
{
    return base_memory_bytes + memory_per_constant_byte * constant_bytes + memory_per_chosen_value * chosen_values;
}

/// Number of values that planning may compute on the host: folded constants and weights changed by fusion. It limits
/// both memory and time, because each value takes up to eight bytes and a few nanoseconds.
class FoldingBudget
{
public:
    explicit FoldingBudget(size_t max_memory_bytes)
        : max_memory_bytes_(max_memory_bytes), values_(int64_t(max_memory_bytes / bytes_per_value))
    {}

    size_t max_memory_bytes() const { return max_memory_bytes_; }
    int64_t values_left() const { return values_; }

    /// Takes the values from the budget. Returns false and leaves the budget unchanged if it has fewer values left.
    bool spend(int64_t values)
    {
        if (values > values_)
            return false;
        values_ -= values;
        return true;
    }

private:
    /// Eight bytes in the result, and eight in each of up to three copies of the inputs.
    static constexpr size_t bytes_per_value = 32;

    size_t max_memory_bytes_ = 0;
    int64_t values_ = 0;
};

} // namespace vkseg
