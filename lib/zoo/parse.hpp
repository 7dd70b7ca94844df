#pragma once

#include "vkseg/zoo.hpp"

namespace vkseg::zoo {

/// Reads the options after the first ':' of "NAME:key=value,…".
Status parse_options(const std::string& text, ZooOptions& options);

/// Reads the options from a file's metadata; ignores other keys.
Status read_metadata(const std::map<std::string, std::string>& metadata, ZooOptions& options);

} // namespace vkseg::zoo
