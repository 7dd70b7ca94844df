#pragma once

#include "vkseg/operators.hpp"

/// What the kernel of Chain can do.
namespace vkseg {

constexpr size_t most_chain_steps = 6;
constexpr size_t most_chain_inputs = 3;

bool is_chainable(const ChainStep& step);

} // namespace vkseg
