#pragma once

#include "vkseg/export.hpp"
#include "vkseg/graph.hpp"
#include "vkseg/memory_file.hpp"

#include <filesystem>

/// Networks from files.
///
///     Result<Graph> graph = load_model("model.onnx");
///     if (!graph.is_ok())
///         std::fprintf(stderr, "%s\n", graph.status().message().c_str());
namespace vkseg {

/// Reads a network from a file: ONNX (opsets 1 to 24; docs/operators.md lists the operators), TensorFlow Lite
/// (docs/tflite.md), or safetensors weights whose metadata name a network of the zoo (zoo.hpp). Constants point into
/// the file, which stays mapped as long as any constant lives and must not change while it is mapped. Fails with
/// io_error; with invalid_model and a message that says what is damaged; or with unsupported and the list of all nodes
/// that vkseg does not support.
VKSEG_API Result<Graph> load_model(const std::filesystem::path& path);

/// Reads a network from memory: the same formats, told apart by their first bytes. `external_data` is called for the
/// external data of an ONNX model; without it, such a model fails with io_error.
VKSEG_API Result<Graph> load_model(const MemoryFile& file, const ExternalData& external_data = nullptr);

} // namespace vkseg
