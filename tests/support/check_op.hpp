#pragma once

#include "ops/plan.hpp"
#include "vkseg/graph.hpp"

#include <string>
#include <vector>

/// Holds one operator to the reference on every Vulkan device found (and on the minimum device), in f32 and f16, in
/// both layouts where it takes both: `check_op(Op, {inputs…})` is the whole test of a case.
namespace vkseg::test {

struct Check
{
    size_t outputs = 1;
    /// How many rounded terms a result sums up; the tolerance grows with its root (f32) and it is 1 for a copy.
    double terms = 1;
    /// Results must be equal to the reference's to the bit of the storage type: copies, indices, comparisons.
    bool is_exact = false;
    /// Extra error of the function itself, as a multiple of the storage type's epsilon (exp, pow, …).
    double function_error = 4;
    /// Extra error in f16 as a multiple of 2^-11 of the largest result: of weights that are rounded in another form.
    double half_error = 0;
    /// By how much bytes of pictures may differ from the reference's.
    int64_t byte_error = 0;
};

/// How an operator is to be computed (a choice is for convolutions), and a kernel, by the start of its name, that must
/// then be launched; where it is to be done by matrices, that is meant of devices and precisions that have none.
struct Way
{
    ConvolutionChoice choice;
    std::string kernel = {};
    int registers = 0;              ///< see run_with_choice
    bool multiplies_halves = false; ///< likewise
};

/// Data inputs are fed at run time, parameters are constants. Inputs of type i64 and boolean stay integers.
/// A missing optional input is a Tensor with `missing()`.
void check_op(const Op& op, const std::vector<Tensor>& inputs, Check check = {});
Tensor missing();
/// The same of an operator that is computed in each of these ways, in blocked layout.
void check_ways(const Op& op, const std::vector<Tensor>& inputs, std::span<const Way> ways, Check check = {});

/// The message with which planning refuses these inputs; empty if it accepts them.
std::string refusal(const Op& op, const std::vector<Tensor>& inputs);

/// Seeded values, the same on every machine.
Tensor random(Shape shape, float low = -1, float high = 1, uint32_t seed = 1);
Tensor random_integers(Shape shape, int64_t low, int64_t high, uint32_t seed = 1);
Tensor random_picture(Shape shape, uint32_t seed = 1); ///< u8, all values
Tensor random_booleans(Shape shape, uint32_t seed = 1);
Tensor ints(std::vector<int64_t> values); ///< rank 1, i64

} // namespace vkseg::test
