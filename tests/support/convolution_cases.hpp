#pragma once

#include "support/check_op.hpp"

#include <array>

/// Compares convolutions with the reference on devices in turn. A case gives only shapes and attributes.
namespace vkseg::test {

struct ConvCase
{
    Shape x;
    Shape weights;
    Conv op = {};
};

struct ConvTransposeCase
{
    Shape x;
    Shape weights;
    ConvTranspose op = {};
};

/// Number of products in the sum of one output.
double terms_of(const ConvCase& c);
double terms_of(const ConvTransposeCase& c);

/// Returns an input, weights and a bias. The weights are scaled so that results stay near 1 for any number of terms.
std::vector<Tensor> inputs_of(const ConvCase& c, bool has_bias = true);
std::vector<Tensor> inputs_of(const ConvTransposeCase& c, bool has_bias = true);

template <class Case>
void check_convolution(const Case& c, bool has_bias = true)
{
    check_op(c.op, inputs_of(c, has_bias), {.terms = terms_of(c)});
}

/// Checks the convolution in each of these ways.
template <class Case>
void check_ways(const Case& c, std::span<const Way> ways)
{
    check_ways(c.op, inputs_of(c), ways, {.terms = terms_of(c)});
}

/// Every second way, or all with VKSEG_TEST_ALL=1. Cases that come in pairs, each a turn, meet all ways between them;
/// pairs begin by turns with the first way and with the second one, so that devices in turn meet all ways.
std::vector<Way> every_second(std::span<const Way> ways, size_t turn);

/// Checks each activation that convolutions fuse, and one that they do not, without a residual and with one added
/// before or after it. The ways share that code, so each combination is computed once, with alternating cases and
/// ways.
void check_activations(const std::array<ConvCase, 2>& cases, std::span<const Way> ways);

} // namespace vkseg::test
