#pragma once

#include "ops/operators.hpp"

#include <map>
#include <string>
#include <string_view>

/// The fastest way to compute each kind of layer that was measured on a device.
namespace vkseg {

class TunedChoices
{
public:
    /// Text with everything that a convolution's time depends on; empty for other operators.
    static std::string key_of(const Op& op, Inputs inputs, const Shape& output, Storage real, bool allow_winograd,
                              bool multiplies_halves);

    const ConvolutionChoice* find(const std::string& key) const; ///< null if not measured
    void set(const std::string& key, const ConvolutionChoice& choice) { choices_[key] = choice; }

    /// The choices in file format, one per line. parse() skips malformed lines; missing choices are measured again.
    std::string text() const;
    static TunedChoices parse(std::string_view text);

private:
    std::map<std::string, ConvolutionChoice> choices_;
};

} // namespace vkseg
