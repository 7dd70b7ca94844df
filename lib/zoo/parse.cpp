#include "zoo/parse.hpp"

#include "base/try.hpp"

#include <algorithm>
#include <charconv>
#include <locale>
#include <sstream>
#include <string_view>

namespace vkseg::zoo {
namespace {

/// Reads the whole of `text` as a number; false if it is not a number.
bool read(std::string_view text, int64_t& number)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

/// libc++ has std::from_chars() of floats from LLVM 20 on only.
bool read(std::string_view text, double& number)
{
    std::istringstream stream{std::string(text)};
    stream.imbue(std::locale::classic());
    stream >> std::noskipws >> number;
    return !stream.fail() && stream.peek() == std::istringstream::traits_type::eof();
}

/// Reads a shape such as "1x3x256x256", each extent 1 or more.
bool read(std::string_view text, Shape& shape)
{
    shape = {};
    while (shape.rank() < Shape::max_rank)
    {
        const size_t separator = std::min(text.find('x'), text.size());
        int64_t extent = 0;
        if (!read(text.substr(0, separator), extent) || extent < 1 || extent > INT32_MAX)
            return false;
        shape.append(extent);
        if (separator == text.size())
            return true;
        text.remove_prefix(separator + 1);
    }
    return false;
}

/// Returns false if the value is not valid for the key, nothing if there is no such key.
std::optional<bool> set_option(std::string_view key, std::string_view value, ZooOptions& options)
{
    if (key == "classes")
        return read(value, options.classes) && options.classes > 0;
    if (key == "width")
        return read(value, options.width) && options.width > 0;
    if (key == "input")
        return read(value, options.input);
    if (key == "output-stride")
        return read(value, options.output_stride) && options.output_stride > 0;
    return std::nullopt;
}

Status wrong_value(std::string_view key, std::string_view value)
{
    return Status(StatusCode::invalid_argument, std::string(key) + ": expected a " +
                                                    (key == "input" ? "shape such as 1x3x256x256" : "number above 0") +
                                                    ", got '" + std::string(value) + "'");
}

} // namespace

Status parse_options(const std::string& text, ZooOptions& options)
{
    const size_t colon = text.find(':');
    if (colon == std::string::npos)
        return {};
    const Status expected(StatusCode::invalid_argument, "'" + text +
                                                            "': expected NAME:key=value,... with the keys classes, "
                                                            "width, input and output-stride");
    std::string_view rest = std::string_view(text).substr(colon + 1);
    while (true)
    {
        const std::string_view pair = rest.substr(0, rest.find(','));
        const size_t equals = pair.find('=');
        if (equals == std::string_view::npos)
            return expected;
        const std::string_view key = pair.substr(0, equals);
        const std::string_view value = pair.substr(equals + 1);
        const std::optional<bool> is_set = set_option(key, value, options);
        if (!is_set)
            return expected;
        if (!*is_set)
            return wrong_value(key, value).with_context("'" + text + "'");
        if (pair.size() == rest.size())
            return {};
        rest.remove_prefix(pair.size() + 1);
    }
}

Status read_metadata(const std::map<std::string, std::string>& metadata, ZooOptions& options)
{
    for (const auto& [name, value] : metadata)
    {
        std::string key = name;
        std::replace(key.begin(), key.end(), '_', '-');
        if (!set_option(key, value, options).value_or(true))
            return wrong_value(name, value).with_context("metadata");
    }
    return {};
}

} // namespace vkseg::zoo
