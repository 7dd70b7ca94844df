#pragma once

#include "vkseg/memory_file.hpp"

#include <filesystem>

namespace vkseg::test {

/// Opens external data in a directory, as load_model() does beside the model.
ExternalData files_beside(const std::filesystem::path& directory);

} // namespace vkseg::test
