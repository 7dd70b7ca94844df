#pragma once

#include "ops/plan.hpp"

/// Common parts of the shape rules of many operators.
namespace vkseg {

/// The axis as an index from the front; negative axes count from the end.
Result<size_t> resolve_axis(int64_t axis, size_t rank);
/// The same for a list in which no axis may appear twice.
Result<std::vector<size_t>> resolve_axes(const Integers& axes, size_t rank);

/// True if the input is given (optional inputs at the end may be left out altogether).
bool is_given(Inputs inputs, size_t index);

/// Reads the integers of a constant parameter into `values`, which stay as they are if the input is not given.
Status read_parameter(Inputs inputs, size_t index, const char* what, Integers& values);

/// Fails unless there are at least `count` inputs that are given.
Status check_given(Inputs inputs, size_t count);

/// Fails unless input 0 is given, of floats, and has N, C and 1 to 3 spatial axes.
Status check_spatial_input(Inputs inputs);

/// True if an extent is 0, so that the tensor has no values. Every operator infers such shapes; `specialize` turns the
/// tensors into constants and takes them from the nodes, so that no plan, kernel or transfer meets one.
bool is_empty(const Shape& shape);

/// The only value that a tensor of an empty shape can have.
Tensor empty_tensor(const TensorInfo& info);

/// Fails if the shape has too many values to count them in 32 bits.
Status check_extents(const Shape& shape);

/// The only output of an operator, checked by check_extents.
Result<Outputs> single_output(DType type, const Shape& shape);

/// Status of host-only operators (shape arithmetic) when they are planned for a device.
Status host_only(const char* what);

} // namespace vkseg
