#include "moves.hpp"

#include <algorithm>
#include <cctype>

namespace vkseg::structure {
namespace {

constexpr std::string_view move_call = "std::move(";

bool opens(char c)
{
    return c == '(' || c == '{' || c == '[';
}

bool closes(char c)
{
    return c == ')' || c == '}' || c == ']';
}

/// The file as one text, with blanks for comments and for what stands between quotes.
std::string code_of(const SourceFile& file)
{
    std::string code;
    for (const std::string& line : file.lines)
    {
        char quote = 0;
        for (size_t i = 0; i < line.size(); ++i)
        {
            if (quote == 0 && line.compare(i, 2, "//") == 0)
                break;
            const bool is_separator = i > 0 && std::isdigit(static_cast<unsigned char>(line[i - 1])) != 0; // 1'000
            if (quote != 0 && line[i] == '\\')
            {
                code += "  ";
                ++i;
            }
            else if (quote != 0)
            {
                code += ' ';
                quote = line[i] == quote ? '\0' : quote;
            }
            else if (line[i] == '"' || (line[i] == '\'' && !is_separator))
            {
                code += ' ';
                quote = line[i];
            }
            else
                code += line[i];
        }
        code += '\n';
    }
    return code;
}

/// Where the list that `begin` is inside of ends: at its closing bracket, or at the ';' or block that ends the
/// statement.
size_t end_of_list(const std::string& code, size_t begin)
{
    int depth = 0;
    for (size_t i = begin; i < code.size(); ++i)
    {
        if (depth == 0 && (closes(code[i]) || code[i] == ';'))
            return i;
        depth += opens(code[i]) ? 1 : closes(code[i]) ? -1 : 0;
    }
    return code.size();
}

/// The bracket that opens the list around `at`; npos at the beginning of a statement.
size_t begin_of_list(const std::string& code, size_t at)
{
    int depth = 0;
    for (size_t i = at; i-- > 0;)
    {
        if (depth == 0 && code[i] == ';')
            return std::string::npos;
        if (depth == 0 && opens(code[i]))
            return i;
        depth += closes(code[i]) ? 1 : opens(code[i]) ? -1 : 0;
    }
    return std::string::npos;
}

/// The next comma of the same list, or `end`.
size_t next_comma(const std::string& code, size_t begin, size_t end)
{
    int depth = 0;
    for (size_t i = begin; i < end; ++i)
    {
        if (depth == 0 && code[i] == ',')
            return i;
        depth += opens(code[i]) ? 1 : closes(code[i]) ? -1 : 0;
    }
    return end;
}

/// True if code[begin, end) names the object or a part of it; `.object = …` and `object(…)` only name a member so.
bool reads(const std::string& code, size_t begin, size_t end, const std::string& object)
{
    for (size_t at = code.find(object, begin); at < end; at = code.find(object, at + 1))
    {
        const char before = at > 0 ? code[at - 1] : ' ';
        const char after = at + object.size() < code.size() ? code[at + object.size()] : ' ';
        const bool is_member_of_another = before == '.' || before == ':' || (before == '>' && code[at - 2] == '-');
        const bool is_whole = !is_name_character(before) && !is_name_character(after);
        if (is_whole && !is_member_of_another && after != '(')
            return true;
    }
    return false;
}

/// A list of member initialisers ends at the constructor's body, which a blank precedes; `member{value}` has none.
size_t end_of_initialisers(const std::string& code, size_t begin, size_t end)
{
    return std::min({code.find(" {", begin), code.find("\n{", begin), end});
}

/// From the call of std::move outwards, list by list.
bool is_read_beside(const std::string& code, size_t begin, size_t end, const std::string& object)
{
    while (true)
    {
        const size_t bracket = begin_of_list(code, begin);
        const size_t list_end = end_of_list(code, end);
        const bool is_block = bracket != std::string::npos && code.compare(bracket, 2, "{\n") == 0;
        const bool is_list = bracket != std::string::npos && closes(code[list_end]) && !is_block;
        if (!is_list) // the statement itself
            return reads(code, end, end_of_initialisers(code, end, list_end), object);
        const size_t element_end = next_comma(code, end, list_end);
        if (code[bracket] == '(')
        {
            size_t first = bracket + 1;
            for (size_t comma = next_comma(code, first, begin); comma < begin; comma = next_comma(code, first, begin))
            {
                if (reads(code, first, comma, object))
                    return true;
                first = comma + 1;
            }
        }
        if (reads(code, element_end, list_end, object))
            return true;
        begin = bracket;
        end = list_end + 1;
    }
}

} // namespace

std::vector<MovedAndRead> find_moved_and_read(const SourceFile& file)
{
    const std::string code = code_of(file);
    std::vector<MovedAndRead> found;
    for (size_t at = code.find(move_call); at != std::string::npos; at = code.find(move_call, at + 1))
    {
        size_t begin = at + move_call.size();
        const size_t end = end_of_list(code, begin);
        begin = code.find_first_not_of("*( ", begin);
        const std::string object = code.substr(begin, std::min(end, code.find(')', begin)) - begin);
        if (!object.empty() && is_read_beside(code, at, end + 1, object))
            found.push_back({object, size_t(std::count(code.begin(), code.begin() + std::ptrdiff_t(at), '\n')) + 1});
    }
    return found;
}

} // namespace vkseg::structure
