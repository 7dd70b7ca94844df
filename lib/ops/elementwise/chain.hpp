#pragma once

#include "vkseg/operators.hpp"

/// Limits of the kernel of Chain.
namespace vkseg {

constexpr size_t max_chain_steps = 6;
constexpr size_t max_chain_inputs = 3;

bool is_chainable(const ChainStep& step);

} // namespace vkseg
