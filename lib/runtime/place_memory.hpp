#pragma once

#include "runtime/program.hpp"

namespace vkseg {

/// Places activations and scratch memory in arenas, and turns the program's references to slots and scratch memory into
/// references to arenas. `scratch`: see plan_steps(). `reuse`: memory may be shared by tensors that are never alive at
/// the same time.
void place_memory(Program& program, std::span<const Lifetime> scratch, const Limits& limits, bool reuse);

} // namespace vkseg
