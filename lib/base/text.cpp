#include "base/text.hpp"

#include <algorithm>
#include <cstdint>

namespace vkseg {
namespace {

/// Length in bytes of the UTF-8 sequence at the start of `text`; 0 if there is none. Overlong forms of three and four
/// bytes are accepted: a terminal shows a replacement for them.
size_t sequence_length(std::string_view text)
{
    const uint8_t first = uint8_t(text[0]);
    const size_t length = first < 0x80   ? 1
                          : first < 0xc2 ? 0
                          : first < 0xe0 ? 2
                          : first < 0xf0 ? 3
                          : first < 0xf5 ? 4
                                         : 0;
    if (length > text.size())
        return 0;
    const auto continues = [](char c) { return (uint8_t(c) & 0xc0u) == 0x80u; };
    return std::all_of(text.begin() + (length > 0), text.begin() + length, continues) ? length : 0;
}

/// True for C0 and C1 control characters and DEL, which can move a terminal's cursor or worse.
bool is_control(std::string_view sequence)
{
    const uint8_t first = uint8_t(sequence[0]);
    return first < 0x20 || first == 0x7f || (first == 0xc2 && uint8_t(sequence[1]) < 0xa0);
}

} // namespace

std::string printable(std::string_view text, size_t max_length)
{
    const char* digits = "0123456789abcdef";
    std::string result;
    for (size_t i = 0; i < text.size();)
    {
        if (i >= max_length)
            return result + "…";
        const size_t length = sequence_length(text.substr(i));
        const std::string_view sequence = text.substr(i, std::max<size_t>(length, 1));
        if (length > 0 && !is_control(sequence))
        {
            result += sequence;
        }
        else
        {
            for (const char c : sequence)
                (result += "\\x").append({digits[uint8_t(c) >> 4], digits[uint8_t(c) & 15]});
        }
        i += sequence.size();
    }
    return result;
}

std::string printable_path(const std::filesystem::path& path)
{
    return printable(text_of(path));
}

std::filesystem::path path_of(std::string_view text)
{
    return std::u8string_view(reinterpret_cast<const char8_t*>(text.data()), text.size());
}

std::string text_of(const std::filesystem::path& path)
{
    const std::u8string text = path.u8string();
    return {text.begin(), text.end()};
}

std::string counted(size_t count, std::string_view noun)
{
    return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string wrong_count(size_t count, size_t min, size_t max, std::string_view noun)
{
    if (count >= min && count <= max)
        return "";
    return (count < min ? "expected at least " + counted(min, noun) : "expected at most " + counted(max, noun)) +
           ", got " + std::to_string(count);
}

} // namespace vkseg
