#include "label_values.hpp"

#include "common.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

namespace vkseg::cli {
namespace {

constexpr uint8_t foreground_value = 255;
constexpr uint8_t binary_threshold = 128;

/// Parses the whole text as an integer from 0 to 255.
std::optional<uint8_t> parse_byte(const std::string& text)
{
    uint8_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return stop == end && error == std::errc() ? std::optional(value) : std::nullopt;
}

bool has_only(const Picture& labels, uint8_t a, uint8_t b)
{
    return std::all_of(labels.pixels.begin(), labels.pixels.end(),
                       [&](uint8_t value) { return value == a || value == b; });
}

} // namespace

LabelValues::LabelValues(const Options& options) : options_(options)
{
    std::iota(classes_.begin(), classes_.end(), uint8_t(0));
    if (options.is_binary && options.classes != 2)
        throw Failure(wrong_usage, fmt::format("--binary is for 2 classes, got {}", options.classes));
    if (options.is_binary && options.ignore && *options.ignore >= binary_threshold)
        throw Failure(wrong_usage, fmt::format("--binary reads the value {} as class 1, but --ignore {} leaves it out",
                                               *options.ignore, *options.ignore));
    for (size_t value = 0; options.is_binary && value < classes_.size(); ++value)
        classes_[value] = value >= binary_threshold ? 1 : 0;
    std::array<bool, 256> is_mapped = {};
    for (const std::string& map : options.maps)
    {
        const size_t sign = std::min(map.find('='), map.size());
        const std::optional<uint8_t> from = parse_byte(map.substr(0, sign));
        const std::optional<uint8_t> to = parse_byte(map.substr(std::min(sign + 1, map.size())));
        if (!from || !to || *to >= options.classes)
            throw Failure(wrong_usage, fmt::format("--map: expected VALUE=CLASS with a value of 0 to 255 and a class "
                                                   "of 0 to {}, got '{}'",
                                                   options.classes - 1, map));
        if (std::exchange(is_mapped[*from], true))
            throw Failure(wrong_usage, fmt::format("--map: value {} is given twice", int(*from)));
        if (options.ignore == *from)
            throw Failure(wrong_usage, fmt::format("--map {} contradicts --ignore {}", map, int(*from)));
        classes_[*from] = *to;
    }
}

std::string LabelValues::advice() const
{
    const char* const binary =
        options_.classes == 2 && !options_.is_binary ? "--binary reads values of 128 and more as class 1, " : "";
    return fmt::format("{}--map VALUE=CLASS gives the class of a value, --ignore VALUE leaves pixels of this value in "
                       "the truth out",
                       binary);
}

void LabelValues::convert(Picture& labels, std::optional<uint8_t> kept, const std::filesystem::path& file) const
{
    std::array<uint8_t, 256> classes = classes_;
    if (options_.is_binary && has_only(labels, 0, 1) && !has_only(labels, 0, 0) && classes[1] == 0)
        throw Failure(bad_input,
                      fmt::format("{}: has only the values 0 and 1, but --binary reads values of {} and more as class "
                                  "1: omit --binary",
                                  file.string(), binary_threshold));
    const bool is_evident =
        options_.classes == 2 && classes[foreground_value] == foreground_value && has_only(labels, 0, foreground_value);
    if (is_evident)
        classes[foreground_value] = 1;
    if (kept)
        classes[*kept] = *kept;
    for (uint8_t& value : labels.pixels)
        value = classes[value];
}

} // namespace vkseg::cli
