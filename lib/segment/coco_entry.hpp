#pragma once

#include "segment/json_text.hpp"
#include "vkseg/instances.hpp"

#include <optional>

namespace vkseg {

/// Parses a file in COCO's format. Failures begin with `who`.
Result<Json> parse_coco(std::string_view text, const std::string& who);

/// An object in a list of a COCO file. Its place is put in words only for messages: "truth.json: annotations[3].bbox".
class CocoEntry
{
public:
    CocoEntry(const Json& json, const std::string& list, size_t index) : json_(json), list_(list), index_(index) {}

    Status check_object() const;
    const Json* find(const char* key) const; ///< null if there is none, or null
    bool has(const char* key) const { return find(key) != nullptr; }

    Status read(const char* key, int64_t& value, int64_t low = INT64_MIN, int64_t high = INT64_MAX) const;
    Status read(const char* key, double& value) const; ///< finite
    Status read(const char* key, std::string& value) const;
    Status read_box(const char* key, std::array<double, 4>& box) const;

    /// Reads {"size": [height, width], "counts": lengths or text}.
    Status read_run_lengths(const char* key, RunLengths& mask) const;

    Status wrong(const std::string& message) const; ///< about the entry
    Status wrong(const char* key, const std::string& message) const;
    Status wrong(const char* key, const std::string& expected, const Json* got) const;

private:
    std::string where() const;

    const Json& json_;
    const std::string& list_; ///< "truth.json: annotations"
    size_t index_;
};

/// The integer that the value is, if it is one that int64 can hold.
std::optional<int64_t> integer_of(const Json& value);

} // namespace vkseg
