#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace vkseg {

/// A loop of a nest over the memory of several tensors, the outermost first.
template <size_t tensors>
struct StridedLoop
{
    int64_t extent = 1;
    std::array<int64_t, tensors> strides = {}; ///< the step of one turn in each tensor
};

/// Appends a loop inside all others. A loop of one turn is dropped, and a loop that continues the one around it in all
/// tensors is merged with it: each loop fewer saves the kernel a division.
template <size_t tensors>
void append(std::vector<StridedLoop<tensors>>& nest, const StridedLoop<tensors>& inner)
{
    if (inner.extent == 1)
        return;
    bool continues = !nest.empty();
    for (size_t i = 0; i < tensors && continues; ++i)
        continues = nest.back().strides[i] == inner.strides[i] * inner.extent;
    if (continues)
        nest.back() = {nest.back().extent * inner.extent, inner.strides};
    else
        nest.push_back(inner);
}

} // namespace vkseg
