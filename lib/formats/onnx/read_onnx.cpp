#include "formats/onnx/read_onnx.hpp"

#include "base/text.hpp"
#include "base/try.hpp"
#include "formats/onnx/foreign_file.hpp"
#include "formats/onnx/import.hpp"

namespace vkseg {
namespace {

using OpenExternalData = std::function<Result<FileBytes>(std::string_view location)>;

Result<Graph> read_model(const FileBytes& file, OpenExternalData external_data)
{
    if (file.bytes.empty())
        return Status(StatusCode::invalid_model, "the file is empty");
    if (const std::string foreign = onnx::foreign_format(file.bytes); !foreign.empty())
        return Status(StatusCode::invalid_model, foreign);
    VKSEG_ASSIGN(const onnx::ModelProto model, onnx::parse_model(file.bytes));
    return onnx::import_model(model, onnx::TensorReader(file, std::move(external_data)));
}

} // namespace

Result<Graph> read_onnx(const std::filesystem::path& path)
{
    VKSEG_ASSIGN(const FileBytes file, map_file(path));
    const auto open = [directory = path.parent_path()](std::string_view location)
    { return onnx::open_beside_model(directory, location); };
    Result<Graph> graph = read_model(file, open);
    if (!graph.is_ok())
        return graph.status().with_context(printable_path(path));
    return graph;
}

Result<Graph> read_onnx(const MemoryFile& file, const ExternalData& external_data)
{
    const auto open = [&](std::string_view location) -> Result<FileBytes>
    {
        Result<MemoryFile> found = external_data(std::string(location));
        if (!found.is_ok())
            return found.status().with_context("external data: '" + printable(location) + "'");
        return FileBytes{.bytes = found->bytes, .owner = std::move(found->owner)};
    };
    return read_model({.bytes = file.bytes, .owner = file.owner}, external_data ? open : OpenExternalData());
}

} // namespace vkseg
