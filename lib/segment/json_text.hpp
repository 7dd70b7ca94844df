#pragma once

#include "vkseg/status.hpp"

#include <nlohmann/json.hpp>

#include <string_view>

/// JSON text that others wrote.
namespace vkseg {

using Json = nlohmann::json;

/// Maximum nesting of lists and objects: the JSON library writes, copies and compares values by recursion, which would
/// exhaust a small stack.
constexpr int max_json_depth = 16;

/// True if lists and objects are nested deeper than max_json_depth.
bool is_too_deep(std::string_view text);

/// Parses JSON text that is not too deep. Refuses repeated keys, of which a parser might take either.
Result<Json> parse_json(std::string_view text);

/// The value as JSON for a message, cut to 60 bytes.
std::string shown_json(const Json& value);

} // namespace vkseg
