#pragma once

#include "ops/operators.hpp"

#include <map>
#include <string>
#include <string_view>

/// Which way of computing was the fastest on a device, for each kind of layer that was measured there.
namespace vkseg {

class TunedChoices
{
public:
    /// All that the time of a convolution depends on, in words; empty for other operators.
    static std::string key_of(const Op& op, Inputs inputs, const Shape& output, Storage real, bool allow_winograd,
                              bool multiplies_halves);

    const ConvolutionChoice* find(const std::string& key) const; ///< null where it was not measured
    void set(const std::string& key, const ConvolutionChoice& choice) { choices_[key] = choice; }

    /// As a file keeps them, a line each. Lines that are not of this form are left out: what is missing is measured
    /// again.
    std::string text() const;
    static TunedChoices parse(std::string_view text);

private:
    std::map<std::string, ConvolutionChoice> choices_;
};

} // namespace vkseg
