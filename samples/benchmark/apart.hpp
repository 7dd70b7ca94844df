#pragma once

#include <functional>
#include <string>

namespace vkseg::benchmark {

using Send = std::function<void(const std::string& line)>;
using Receive = std::function<void(const std::string& line)>;

/// Runs `work` in a child process, so that it measures only its own memory and start-up and a crashing driver takes
/// nothing else down. Passes each line that `work` sends to `receive`, in order, as it arrives. Throws the Failure that
/// `work` threw. The calling process must not have touched a driver, because few drivers survive a fork.
void run_apart(const std::function<void(const Send&)>& work, const Receive& receive);

} // namespace vkseg::benchmark
