#pragma once

#include "ops/plan.hpp"
#include "reduction/reduce.h"
#include "vkseg/operators.hpp"

#include <bitset>

/// Launches of the kernel that reduces axes, for Reduce and for the sums of Softmax.
namespace vkseg {

/// True if no axes are reduced: the input is copied, whatever the kind.
bool is_copy(const Reduce& op);

using AxisSet = std::bitset<Shape::max_rank>;

/// Parameters of the kernel, except for the way in which invocations share the work.
struct Reduction
{
    ReduceKind kind = ReduceKind::sum;
    int access = contract::reduce_values;
    const Operand* source = nullptr;
    contract::Reduce push = {};
};

/// `x` reduced over `axes` into `y`, both in one layout. Blocked tensors are reduced over spatial axes, or over the
/// channels alone, and `y` has the rank of `x`. Keeps a pointer to `x`.
Reduction describe_reduction(ReduceKind kind, const AxisSet& axes, const Operand& x, const Operand& y);

/// One launch of a stage, as reduce.h says; with `is_shared`, a workgroup makes one element of results. Its last
/// binding is scratch memory 0.
Dispatch reduction_launch(const Reduction& reduction, int stage, bool is_shared, const Limits& limits);

/// True if there are too few results, each of too many terms, to compute each in one invocation.
bool is_worth_sharing(const Reduction& reduction);

/// Bytes of the partial results of all segments.
size_t partial_bytes(const Reduction& reduction);

} // namespace vkseg
