#pragma once

#include "runtime/program.hpp"

namespace vkseg {

/// Plans every step of the program's schedule: fills in launches, weights and byte copies. These refer to activations
/// and scratch memory by MemoryReference::Kind::slot and ::scratch, which place_memory() resolves. Returns the
/// lifetimes of the scratch memory, in the order of its indices. Fails with one message that lists all steps that the
/// device cannot run.
Result<std::vector<Lifetime>> plan_steps(Program& program, const ScheduleOptions& options, const Limits& limits);

} // namespace vkseg
