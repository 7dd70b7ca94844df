#include "ops/loop_turns.hpp"

#include <algorithm>
#include <limits>

namespace vkseg {

int64_t count_loop_turns(int64_t outermost, std::span<const int64_t> extents)
{
    int64_t turns = 1;
    int64_t outer = 1;
    for (const int64_t extent : extents)
    {
        turns += outer * (extent + 1);
        outer *= extent;
        if (turns > std::numeric_limits<int32_t>::max()) // and before it overflows
            return turns;
    }
    return outermost * turns;
}

int64_t count_convolution_turns(int64_t input_blocks, std::span<const int64_t> taps)
{
    if (std::all_of(taps.begin(), taps.end(), [](int64_t count) { return count == 1; }))
        return input_blocks;
    constexpr size_t flat = 2;
    return count_loop_turns(input_blocks, taps.size() > flat && taps.front() <= 1 ? taps.last(flat) : taps);
}

Status check_loop_turns(int64_t turns, const Limits& limits)
{
    if (turns <= limits.max_loop_turns)
        return {};
    return Status(StatusCode::unsupported, "a kernel would need " + std::to_string(turns) +
                                               " loop iterations per output; this device supports " +
                                               std::to_string(limits.max_loop_turns));
}

} // namespace vkseg
