#pragma once

#include "vkseg/operators.hpp"

namespace vkseg {

/// Number of directions, 1 or 2.
int64_t directions_of(const Recurrent& op);
/// Number of activation functions of a direction.
size_t functions_of(RecurrentKind kind);
/// The functions f, g and h of the first direction, then those of the second; those that there are not do not matter.
std::vector<RecurrentActivation> functions_by_direction(const Recurrent& op);

} // namespace vkseg
