#include "segment/coco_entry.hpp"

#include "base/try.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

/// With larger ones, products of two coordinates could overflow.
constexpr double max_box_coordinate = 1e9;

Result<RunLengths> run_lengths_of(const Json& counts, int64_t height, int64_t width)
{
    if (counts.is_string())
        return from_coco_string(*counts.get_ptr<const std::string*>(), height, width);
    std::vector<uint32_t> lengths;
    for (const Json& count : counts)
    {
        const int64_t length = integer_of(count).value_or(-1);
        if (length < 0 || length > max_mask_pixels)
            return Status(StatusCode::invalid_argument, "expected a run length of 0 to " +
                                                            std::to_string(max_mask_pixels) + ", got " +
                                                            shown_json(count));
        lengths.push_back(uint32_t(length));
    }
    return from_coco_counts(lengths, height, width);
}

} // namespace

Result<Json> parse_coco(std::string_view text, const std::string& who)
{
    if (is_too_deep(text))
        return Status(StatusCode::invalid_argument, who + ": lists and objects are nested more than " +
                                                        std::to_string(max_json_depth) +
                                                        " deep; COCO's format needs five levels");
    Result<Json> json = parse_json(text);
    if (!json.is_ok())
        return Status(StatusCode::invalid_argument, who + ": " + json.status().message());
    return json;
}

std::optional<int64_t> integer_of(const Json& value)
{
    // A number above the range of int64 reads as unsigned.
    if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t(INT64_MAX)))
        return std::nullopt;
    return value.get<int64_t>();
}

Status CocoEntry::check_object() const
{
    return json_.is_object() ? Status() : wrong("expected an object, got " + shown_json(json_));
}

const Json* CocoEntry::find(const char* key) const
{
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
}

Status CocoEntry::read(const char* key, int64_t& value, int64_t low, int64_t high) const
{
    const Json* json = find(key);
    const std::optional<int64_t> integer = json == nullptr ? std::nullopt : integer_of(*json);
    if (!integer || *integer < low || *integer > high)
        return wrong(key,
                     low == INT64_MIN ? "expected an integer"
                                      : "expected an integer of " + std::to_string(low) + " to " + std::to_string(high),
                     json);
    value = *integer;
    return {};
}

Status CocoEntry::read(const char* key, double& value) const
{
    const Json* json = find(key);
    if (json == nullptr || !json->is_number())
        return wrong(key, "expected a number", json);
    value = json->get<double>();
    return {};
}

Status CocoEntry::read(const char* key, std::string& value) const
{
    const Json* json = find(key);
    if (json == nullptr || !json->is_string())
        return wrong(key, "expected a string", json);
    value = *json->get_ptr<const std::string*>();
    return {};
}

Status CocoEntry::read_box(const char* key, std::array<double, 4>& box) const
{
    const Json* json = find(key);
    const auto is_coordinate = [](const Json& value)
    { return value.is_number() && std::abs(value.get<double>()) <= max_box_coordinate; };
    if (json == nullptr || !json->is_array() || json->size() != box.size() ||
        !std::all_of(json->begin(), json->end(), is_coordinate))
        return wrong(key, "expected [x, y, width, height] within ±1,000,000,000", json);
    for (size_t i = 0; i < box.size(); ++i)
        box[i] = (*json)[i].get<double>();
    return {};
}

Status CocoEntry::read_run_lengths(const char* key, RunLengths& mask) const
{
    const Json* json = find(key);
    if (json == nullptr || !json->is_object() || !json->contains("size") || !json->contains("counts"))
        return wrong(key, "expected {\"size\": [height, width], \"counts\": ...}", json);
    const Json& size = (*json)["size"];
    const Json& counts = (*json)["counts"];
    if (!size.is_array() || size.size() != 2 || !integer_of(size[0]) || !integer_of(size[1]))
        return wrong(key, "expected the size as [height, width]", &size);
    if (!counts.is_string() && !counts.is_array())
        return wrong(key, "expected the counts as a list of run lengths or as their compressed text", &counts);
    Result<RunLengths> read = run_lengths_of(counts, *integer_of(size[0]), *integer_of(size[1]));
    if (!read.is_ok())
        return wrong(key, read.status().message());
    mask = std::move(*read);
    return {};
}

std::string CocoEntry::where() const
{
    return list_ + "[" + std::to_string(index_) + "]";
}

Status CocoEntry::wrong(const std::string& message) const
{
    return Status(StatusCode::invalid_argument, where() + ": " + message);
}

Status CocoEntry::wrong(const char* key, const std::string& message) const
{
    return Status(StatusCode::invalid_argument, where() + "." + key + ": " + message);
}

Status CocoEntry::wrong(const char* key, const std::string& expected, const Json* got) const
{
    return wrong(key, expected + ", got " + (got == nullptr ? "nothing" : shown_json(*got)));
}

} // namespace vkseg
