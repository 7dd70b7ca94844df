#pragma once

#include <functional>
#include <string>

namespace vkseg::benchmark {

using Send = std::function<void(const std::string& line)>;
using Receive = std::function<void(const std::string& line)>;

/// Runs `work` in a process of its own, so that what it measures of memory and start-up is its own, and a driver that
/// falls over takes nothing else down. Hands each line that it sends to `receive`, in order, as it comes. Throws the
/// Failure that the work threw. This process must not have touched a driver: few survive a fork.
void run_apart(const std::function<void(const Send&)>& work, const Receive& receive);

} // namespace vkseg::benchmark
