#include "runtime/tuned_choices.hpp"

#include "ops/convolution/convolution.hpp"

#include <algorithm>
#include <sstream>

namespace vkseg {
namespace {

constexpr std::string_view first_line = "vkseg tuning 5\n"; // the number changes when kernels do

constexpr const char* kernel_names[] = {"direct", "texels", "shuffled", "shared", "matrices"}; // by ConvolutionKernel

int count_tiles(ConvolutionKernel kernel)
{
    switch (kernel)
    {
    case ConvolutionKernel::direct:
        return int(std::size(direct_tiles));
    case ConvolutionKernel::shared:
        return int(std::size(shared_tiles));
    default:
        return 1;
    }
}

std::string to_text(const Integers& values)
{
    std::string text;
    for (const int64_t value : values)
        text += (text.empty() ? "" : ",") + std::to_string(value);
    return text;
}

std::string to_text(const Window& window)
{
    return "/" + to_text(window.strides) + "/" + to_text(window.dilations) + "/" + to_text(window.pads);
}

} // namespace

std::string TunedChoices::key_of(const Op& op, Inputs inputs, const Shape& output, Storage real, bool allow_winograd,
                                 bool multiplies_halves)
{
    std::string key;
    const auto add = [&](const char* name, const auto& convolution, const std::string& more)
    {
        key = std::string(name) + "-" + to_string(inputs[0].shape) + "-" + to_string(inputs[1].shape) + "-" +
              to_string(output) + to_text(convolution.window) + "/" + std::to_string(convolution.groups) + "/" +
              std::to_string(int(convolution.activation.kind)) + more + (real == Storage::f16 ? "-f16" : "-f32") +
              (real == Storage::f16 && multiplies_halves ? "-halves" : "") + (allow_winograd ? "" : "-direct");
    };
    if (const auto* conv = std::get_if<Conv>(&op))
        add("conv", *conv, std::string(conv->has_scale ? "-scale" : "") + (conv->has_residual ? "-residual" : ""));
    else if (const auto* transposed = std::get_if<ConvTranspose>(&op))
        add("transposed", *transposed, "");
    return key;
}

const ConvolutionChoice* TunedChoices::find(const std::string& key) const
{
    const auto found = choices_.find(key);
    return found == choices_.end() ? nullptr : &found->second;
}

std::string TunedChoices::text() const
{
    std::string text(first_line);
    for (const auto& [key, choice] : choices_)
        text += key + " " + std::to_string(choice.winograd) + " " + kernel_names[size_t(choice.kernel)] + " " +
                std::to_string(choice.tile) + " " + std::to_string(choice.shares) + "\n";
    return text;
}

TunedChoices TunedChoices::parse(std::string_view text)
{
    TunedChoices choices;
    if (!text.starts_with(first_line))
        return choices;
    std::istringstream lines{std::string(text.substr(first_line.size()))};
    for (std::string line; std::getline(lines, line);)
    {
        std::istringstream words(line);
        std::string key;
        std::string kernel;
        std::string rest;
        ConvolutionChoice choice;
        const bool is_whole =
            bool(words >> key >> choice.winograd >> kernel >> choice.tile >> choice.shares) && !(words >> rest);
        const auto* const found = std::find(std::begin(kernel_names), std::end(kernel_names), kernel);
        choice.kernel = ConvolutionKernel(found - std::begin(kernel_names));
        if (is_whole && (choice.winograd == 0 || choice.winograd == 2 || choice.winograd == 4) &&
            found != std::end(kernel_names) && choice.tile >= 0 && choice.tile < count_tiles(choice.kernel) &&
            choice.shares >= 0)
            choices.set(key, choice);
    }
    return choices;
}

} // namespace vkseg
