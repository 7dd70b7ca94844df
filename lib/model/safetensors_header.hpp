#pragma once

#include "vkseg/status.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vkseg {

/// What the header of a safetensors file says, none of it compared with the file yet.
struct SafetensorsHeader
{
    struct Entry
    {
        std::string name;
        std::string dtype;
        std::vector<int64_t> shape;        ///< at most Shape::max_rank extents, none negative
        std::vector<int64_t> data_offsets; ///< begin and end, neither negative
    };
    std::vector<Entry> entries;
    std::map<std::string, std::string> metadata;
};

/// Parses the header's JSON, which must hold what the format knows and nothing else, each key once.
Result<SafetensorsHeader> parse_safetensors_header(std::string_view json);

} // namespace vkseg
