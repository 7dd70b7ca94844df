#pragma once

#include <cstddef>
#include <functional>

namespace vkseg::test {

/// Runs `work` in a thread with a stack of this size, so that recursion as deep as a file asks for crashes the test
/// program.
void run_on_small_stack(const std::function<void()>& work, size_t stack_bytes = size_t(256) << 10);

} // namespace vkseg::test
