#pragma once

#include "support/check_op.hpp"

#include <array>

/// Convolutions, held to the reference on every device, of which a case says the shapes alone.
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

/// Products that an output sums up.
double terms_of(const ConvCase& c);
double terms_of(const ConvTransposeCase& c);

/// The input, weights scaled so that results stay near one whatever the number of terms, and a bias.
std::vector<Tensor> inputs_of(const ConvCase& c, bool has_bias = true);
std::vector<Tensor> inputs_of(const ConvTransposeCase& c, bool has_bias = true);

template <class Case>
void check_convolution(const Case& c, bool has_bias = true)
{
    check_op(c.op, inputs_of(c, has_bias), {.terms = terms_of(c)});
}

/// The same computed in each of these ways.
template <class Case>
void check_ways(const Case& c, std::span<const Way> ways)
{
    check_ways(c.op, inputs_of(c), ways, {.terms = terms_of(c)});
}

/// Checks each activation that convolutions fuse, and one that they do not, without a residual and with one added
/// before or after it. The ways share that code, so each combination is computed once: of the two cases, and in the
/// ways, in turn.
void check_activations(const std::array<ConvCase, 2>& cases, std::span<const Way> ways);

} // namespace vkseg::test
