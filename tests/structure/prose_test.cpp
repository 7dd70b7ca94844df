#include "source_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <optional>

// Rules for comments that a machine can check.
namespace vkseg::structure::prose_test {
namespace {

/// A comment begins with a noun phrase or a verb. These words begin a clause that the reader has to complete.
const std::vector<std::string> poor_openings = {"as", "how", "of", "that", "those", "what", "whether"};

/// Text of a comment that stands alone, or after `///<`; nothing if the line has none. A comment of a few words after a
/// line of code, as in "int elements; // of the destination", may complete that line.
std::optional<std::string> comment_in(const std::string& line)
{
    size_t begin = line.find("///<");
    if (begin == std::string::npos)
        begin = line.find_first_not_of(' ');
    if (begin == std::string::npos || line.compare(begin, 2, "//") != 0)
        return std::nullopt;
    begin = line.find_first_not_of("/<! ", begin);
    return begin == std::string::npos ? std::string() : line.substr(begin);
}

bool is_comment_alone(const std::string& line)
{
    const size_t begin = line.find_first_not_of(' ');
    return begin != std::string::npos && line.compare(begin, 2, "//") == 0;
}

std::string first_word(const std::string& text)
{
    std::string word;
    for (const char c : text)
    {
        if (!std::isalpha(static_cast<unsigned char>(c)))
            break;
        word += char(std::tolower(static_cast<unsigned char>(c)));
    }
    return word;
}

} // namespace

TEST_CASE("structure: comments begin with a noun phrase or a verb")
{
    for (const std::string folder : {"include", "lib", "shaders", "samples"})
    {
        for (const SourceFile& file : read_sources(folder, {".cpp", ".hpp", ".h", ".c", ".comp", ".glsl"}))
        {
            bool continues = false;
            for (size_t i = 0; i < file.lines.size(); ++i)
            {
                const std::optional<std::string> comment = comment_in(file.lines[i]);
                const bool is_alone = is_comment_alone(file.lines[i]);
                if (comment && !(is_alone && continues))
                {
                    const std::string word = first_word(*comment);
                    const bool is_poor = std::ranges::find(poor_openings, word) != poor_openings.end();
                    CHECK_MESSAGE(!is_poor, file.path << ":" << i + 1 << " begins with '" << word << "'");
                }
                continues = is_alone;
            }
        }
    }
}

} // namespace vkseg::structure::prose_test
