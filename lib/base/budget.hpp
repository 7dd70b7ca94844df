#pragma once

#include <cstddef>
#include <cstdint>

/// Bounds on what a network may cost before anything is run. A file of 160 bytes can ask for terabytes, so that every
/// cost is compared with its bound before memory is allocated or values are computed.
namespace vkseg {

/// Memory for a network that brings few constants of its own: with the program and a software driver below 1 GB.
constexpr size_t base_memory_bytes = size_t(768) << 20;
/// Further memory for each byte of its constants: planning may compute one value for each, which is enough to transpose
/// weights of halves and then fold a batch normalisation into them.
constexpr size_t memory_per_constant_byte = 32;

/// Further memory for each value of inputs whose shape the caller chose and not the file: 128 floats.
constexpr size_t memory_per_chosen_value = 512;

/// SessionOptions::max_memory_bytes, if that is left open.
constexpr size_t default_memory_bytes(size_t constant_bytes, size_t chosen_values)
{
    return base_memory_bytes + memory_per_constant_byte * constant_bytes + memory_per_chosen_value * chosen_values;
}

/// Values that planning may compute on the host: constants that are folded, weights that fusion changes. It bounds
/// memory and time alike, because each value takes up to eight bytes and a few nanoseconds.
class FoldingBudget
{
public:
    explicit FoldingBudget(size_t max_memory_bytes)
        : max_memory_bytes_(max_memory_bytes), values_(int64_t(max_memory_bytes / bytes_per_value))
    {}

    size_t max_memory_bytes() const { return max_memory_bytes_; }
    int64_t values_left() const { return values_; }

    /// Takes the values from the budget; false, and the budget as it was, if there are not so many left.
    bool spend(int64_t values)
    {
        if (values > values_)
            return false;
        values_ -= values;
        return true;
    }

private:
    /// Eight bytes in the result and as many again in each of up to three copies of the inputs.
    static constexpr size_t bytes_per_value = 32;

    size_t max_memory_bytes_ = 0;
    int64_t values_ = 0;
};

} // namespace vkseg
