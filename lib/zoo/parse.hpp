#pragma once

#include "vkseg/zoo.hpp"

namespace vkseg::zoo {

/// Reads what follows the first ':' of "NAME:key=value,…" into the options.
Status parse_options(const std::string& text, ZooOptions& options);

/// The same from a file's metadata, whose other keys are none of ours.
Status read_metadata(const std::map<std::string, std::string>& metadata, ZooOptions& options);

} // namespace vkseg::zoo
