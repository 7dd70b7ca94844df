#include "formats/onnx/read_onnx.hpp"

#include "base/text.hpp"
#include "base/try.hpp"
#include "formats/onnx/import.hpp"

namespace vkseg {
namespace {

Result<Graph> read_onnx(const FileBytes& file, const std::filesystem::path& directory_for_external_data)
{
    if (file.bytes.empty())
        return Status(StatusCode::invalid_model, "the file is empty");
    VKSEG_ASSIGN(const onnx::ModelProto model, onnx::parse_model(file.bytes));
    return onnx::import_model(model, onnx::TensorReader(directory_for_external_data, file));
}

} // namespace

Result<Graph> read_onnx(const std::filesystem::path& path)
{
    VKSEG_ASSIGN(const FileBytes file, map_file(path));
    Result<Graph> graph = read_onnx(file, path.parent_path());
    if (!graph.is_ok())
        return graph.status().with_context(printable(path.native()));
    return graph;
}

Result<Graph> read_onnx(std::span<const std::byte> bytes, const std::filesystem::path& directory_for_external_data,
                        std::shared_ptr<const void> owner)
{
    return read_onnx(FileBytes{.bytes = bytes, .owner = std::move(owner)}, directory_for_external_data);
}

} // namespace vkseg
