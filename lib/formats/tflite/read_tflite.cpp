#include "formats/tflite/read_tflite.hpp"

#include "base/invalid.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "formats/tflite/import.hpp"

#include <algorithm>
#include <vector>

namespace vkseg {
namespace {

/// The file, or a copy that is aligned as its tables need.
FileBytes aligned(const FileBytes& file)
{
    if (reinterpret_cast<uintptr_t>(file.bytes.data()) % alignof(uint64_t) == 0)
        return file;
    const auto copy = std::make_shared<const std::vector<std::byte>>(file.bytes.begin(), file.bytes.end());
    return {.bytes = *copy, .owner = copy};
}

Result<Graph> read_model(const FileBytes& original)
{
    const FileBytes file = aligned(original);
    if (!is_tflite(file.bytes))
        return invalid("not a TensorFlow Lite file: expected 'TFL3' at byte 4");
    // Larger files have their data after the tables.
    const size_t tables_bytes = std::min<size_t>(file.bytes.size(), FLATBUFFERS_MAX_BUFFER_SIZE - 1);
    flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(file.bytes.data()), tables_bytes);
    if (!tflite::schema::VerifyModelBuffer(verifier))
        return invalid("the file is damaged: its tables reach past its end, or contradict its format");
    const tflite::schema::Model& model = *tflite::schema::GetModel(file.bytes.data());
    constexpr uint32_t version = 3;
    if (model.version() != version)
        return Status(StatusCode::unsupported,
                      "version " + std::to_string(model.version()) + " of the format is not supported, only version 3");
    return tflite::import_model(model, file);
}

} // namespace

Result<Graph> read_tflite(const std::filesystem::path& path)
{
    VKSEG_ASSIGN(const FileBytes file, map_file(path));
    Result<Graph> graph = read_model(file);
    if (!graph.is_ok())
        return graph.status().with_context(printable_path(path));
    return graph;
}

Result<Graph> read_tflite(const MemoryFile& file)
{
    return read_model({.bytes = file.bytes, .owner = file.owner});
}

} // namespace vkseg
