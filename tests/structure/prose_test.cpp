#include "source_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>

// Rules for comments that a machine can check.
namespace vkseg::structure::prose_test {
namespace {

/// A comment begins with a noun phrase or a verb. These words begin a clause that the reader has to complete.
const std::vector<std::string> poor_openings = {"as", "how", "of", "that", "those", "what", "whether"};

/// Words that readers stumble over, with the plain ones. In names, least_ and most_ are min_ and max_.
const std::map<std::string, std::string> poor_words = {
    {"behind", "after"},
    {"in front of", "before"},
    {"likewise", "the same holds for"},
    {"so many", "a number"},
    {"lest", "so that not"},
    {"thereof", "of the thing by its name"},
    {"whereby", "by which"},
    {"shall", "must"},
    {"aforementioned", "the thing by its name"},
    {"respectively", "one by one"},
};
const std::vector<std::string> poor_prefixes = {"least_", "most_"};

bool is_part_of_name(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// True if the text has `word` where no name goes on before it and, unless it is a prefix, after it.
bool has_word(const std::string& text, const std::string& word, bool is_prefix)
{
    for (size_t place = text.find(word); place != std::string::npos; place = text.find(word, place + 1))
    {
        const size_t end = place + word.size();
        const bool begins = place == 0 || !is_part_of_name(text[place - 1]);
        if (begins && (is_prefix || end == text.size() || !is_part_of_name(text[end])))
            return true;
    }
    return false;
}

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

TEST_CASE("structure: comments and names use plain words")
{
    for (const std::string folder : {"include", "lib", "shaders", "samples"})
    {
        for (const SourceFile& file : read_sources(folder, {".cpp", ".hpp", ".h", ".c", ".comp", ".glsl"}))
        {
            for (size_t i = 0; i < file.lines.size(); ++i)
            {
                const std::string& line = file.lines[i];
                const std::string comment = line.substr(std::min(line.find("//"), line.size()));
                for (const auto& [word, plain] : poor_words)
                {
                    const bool is_poor = has_word(comment, word, false);
                    CHECK_MESSAGE(!is_poor, file.path << ":" << i + 1 << ": " << plain << ", not " << word);
                }
                for (const std::string& prefix : poor_prefixes)
                {
                    const bool is_poor = has_word(line, prefix, true);
                    CHECK_MESSAGE(!is_poor, file.path << ":" << i + 1 << ": a name begins with " << prefix);
                }
            }
        }
    }
}

} // namespace vkseg::structure::prose_test
