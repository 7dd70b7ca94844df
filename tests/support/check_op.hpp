#pragma once

#include "ops/plan.hpp"
#include "vkseg/graph.hpp"

#include <string>
#include <vector>

/// Compares one operator with the reference on every Vulkan device found (and on the minimum device), in f32 and f16,
/// and in each layout that it supports: `check_op(Op, {inputs…})` is the whole test of a case.
namespace vkseg::test {

struct Check
{
    size_t outputs = 1;
    /// Number of rounded terms in the sum of a result, 1 for a copy. The f32 tolerance grows with its square root.
    double terms = 1;
    /// True if results must equal the reference's bit by bit in the storage type: copies, indices, comparisons.
    bool is_exact = false;
    /// Extra error of the function itself, as a multiple of the storage type's epsilon (exp, pow, …).
    double function_error = 4;
    /// Extra error in f16, as a multiple of 2^-11 of the largest result, for kernels that round transformed weights.
    double half_error = 0;
    /// Maximum difference of a picture's byte from the reference's.
    int64_t byte_error = 0;
};

/// A way to compute an operator (`choice` applies to convolutions), and the prefix of the name of a kernel that must be
/// launched. If the choice is cooperative matrices, this kernel is expected on devices and precisions without them.
struct Way
{
    ConvolutionChoice choice;
    std::string kernel = {};
    int registers = 0;              ///< see run_with_choice
    bool multiplies_halves = false; ///< see run_with_choice
};

/// Data inputs are fed at run time, parameters are constants. Inputs of type i64 and boolean stay integers.
/// A missing optional input is a Tensor with `missing()`.
void check_op(const Op& op, const std::vector<Tensor>& inputs, Check check = {});
Tensor missing();
/// The same on one device that binds no more bytes at a time, so that larger tensors are computed in shares.
void check_shares(const Op& op, const std::vector<Tensor>& inputs, size_t max_binding_bytes, Check check = {});
/// Checks the operator in each of these ways, in blocked layout.
void check_ways(const Op& op, const std::vector<Tensor>& inputs, std::span<const Way> ways, Check check = {});

/// Returns the message of the planning error for these inputs; empty if planning succeeds.
std::string refusal(const Op& op, const std::vector<Tensor>& inputs);

/// Seeded values, the same on every machine.
Tensor random(Shape shape, float low = -1, float high = 1, uint32_t seed = 1);
Tensor random_integers(Shape shape, int64_t low, int64_t high, uint32_t seed = 1);
Tensor random_picture(Shape shape, uint32_t seed = 1); ///< u8, all values
Tensor random_booleans(Shape shape, uint32_t seed = 1);
Tensor ints(std::vector<int64_t> values); ///< rank 1, i64

} // namespace vkseg::test
