#include "segment/json_text.hpp"

#include "base/text.hpp"

#include <set>

namespace vkseg {

bool is_too_deep(std::string_view text)
{
    int depth = 0;
    bool is_in_string = false;
    for (size_t i = 0; i < text.size() && depth <= max_json_depth; ++i)
    {
        const char c = text[i];
        if (is_in_string && c == '\\')
            ++i;
        else if (c == '"')
            is_in_string = !is_in_string;
        else if (!is_in_string)
            depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    }
    return depth > max_json_depth;
}

Result<Json> parse_json(std::string_view text)
{
    std::vector<std::set<std::string>> open_objects;
    std::string repeated;
    const auto watch = [&](int, Json::parse_event_t event, Json& parsed)
    {
        if (event == Json::parse_event_t::object_start)
            open_objects.emplace_back();
        else if (event == Json::parse_event_t::object_end)
            open_objects.pop_back();
        else if (event == Json::parse_event_t::key && !open_objects.back().insert(parsed.get<std::string>()).second)
            repeated = parsed.get<std::string>();
        return true;
    };
    Json json = Json::parse(text.begin(), text.end(), watch, /* allow_exceptions= */ false);
    if (json.is_discarded())
        return Status(StatusCode::invalid_model, "not valid JSON");
    if (!repeated.empty())
        return Status(StatusCode::invalid_model, "key '" + printable(repeated) + "' appears twice");
    return json;
}

std::string shown_json(const Json& value)
{
    std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    if (text.size() > 60)
        text = text.substr(0, 57) + "...";
    return text;
}

} // namespace vkseg
