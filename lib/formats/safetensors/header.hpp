#pragma once

#include "vkseg/status.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace vkseg {

/// Contents of a safetensors header, not yet checked against the file.
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

/// Parses the header's JSON, which must hold only the keys that the format defines, each once.
Result<SafetensorsHeader> parse_safetensors_header(std::string_view json);

} // namespace vkseg
