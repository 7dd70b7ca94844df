#pragma once

#include <cstddef>
#include <functional>

namespace vkseg::vk {

/// Calls task(0) to task(count - 1), each once, on up to as many threads as there are cores, and returns when all are
/// done. The threads have large stacks: shader compilers recurse deeply, and the caller's own stack may be small.
void run_on_big_stacks(size_t count, const std::function<void(size_t)>& task);

} // namespace vkseg::vk
