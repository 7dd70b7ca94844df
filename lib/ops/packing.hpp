#pragma once

#include <cassert>
#include <cstddef>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

namespace vkseg {

/// Weights in the order in which a kernel reads them. They are written directly to their destination: device memory if
/// it is host-visible. Refers to the node's constants.
struct Packing
{
    size_t bytes = 0;
    /// Writes all `bytes` bytes, whatever they held before.
    std::function<void(std::span<std::byte>)> write = {};
};

/// Packing of a few values that are computed in advance.
template <class T>
Packing packing_of(std::vector<T> values)
{
    const size_t bytes = values.size() * sizeof(T);
    return {.bytes = bytes,
            .write = [values = std::move(values)](std::span<std::byte> to)
            {
                assert(to.size() == values.size() * sizeof(T));
                std::memcpy(to.data(), values.data(), to.size());
            }};
}

} // namespace vkseg
