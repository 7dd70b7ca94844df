#pragma once

#include "vkseg/export.hpp"
#include "vkseg/graph.hpp"

#include <filesystem>

namespace vkseg {

/// Reads a network from a file: ONNX (opsets 1 to 24; docs/operators.md lists the operators), or safetensors weights
/// whose metadata name a network of the zoo (zoo.hpp). Constants point into the file, which stays mapped while any of
/// them lives and must not change meanwhile.
/// Fails with io_error; with invalid_model, saying what is damaged; or with unsupported and the list of all nodes that
/// ask for something vkseg does not do.
VKSEG_API Result<Graph> load_model(const std::filesystem::path& path);

} // namespace vkseg
