#pragma once

#include "ops/operators.hpp"

#include <functional>

/// Reference implementations of all operators on the CPU, in plain loops with double sums; kernels are tested against
/// them. The operators that shape arithmetic and constant folding need lie in `folded` and are part of the library; the
/// others are the target vkseg_reference.
namespace vkseg::reference {

/// Arguments of evaluate(). Floats are passed as f32, integers as i64, booleans as boolean; read inputs by to_floats()
/// and to_integers(). Parameters follow the data inputs; a missing input is null. `outputs` is the result of infer();
/// attributes are resolved.
struct Arguments
{
    std::span<const Tensor* const> inputs;
    std::span<const TensorInfo> outputs;
};

using Tensors = std::vector<Tensor>;

#define VKSEG_DECLARE_REFERENCE(Type) Result<Tensors> evaluate(const Type& op, const Arguments& arguments);
VKSEG_FOR_EACH_OPERATOR(VKSEG_DECLARE_REFERENCE)
#undef VKSEG_DECLARE_REFERENCE

/// True for the operators of lib/reference/folded, which the library itself evaluates if all their inputs are
/// constants.
bool is_foldable(const Op& op);
/// Evaluates a foldable operator (asserted). Part of the library.
Result<Tensors> fold(const Op& op, const Arguments& arguments);
/// Evaluates any operator: resolves, infers, computes. Part of vkseg_reference.
Result<Tensors> evaluate(const Op& op, std::span<const Tensor* const> inputs);
/// Evaluates a graph: its outputs for these inputs. Results of operators that select have as many entries as these
/// find. `progress` is called with the part of the nodes that is done. Part of vkseg_reference.
Result<Tensors> evaluate(const Graph& graph, std::span<const Tensor* const> inputs,
                         const std::function<void(double)>& progress = {});

} // namespace vkseg::reference
