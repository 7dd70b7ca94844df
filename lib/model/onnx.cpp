#include "model/onnx.hpp"

#include "base/text.hpp"
#include "base/try.hpp"
#include "model/onnx_import.hpp"

namespace vkseg {

Result<Graph> read_onnx(const std::filesystem::path& path)
{
    VKSEG_ASSIGN(const FileBytes file, map_file(path));
    Result<Graph> graph = read_onnx(file.bytes, path.parent_path(), file.owner);
    if (!graph.is_ok())
        return graph.status().with_context(printable(path.native()));
    return graph;
}

Result<Graph> read_onnx(std::span<const std::byte> bytes, const std::filesystem::path& directory_for_external_data,
                        std::shared_ptr<const void> owner)
{
    if (bytes.empty())
        return Status(StatusCode::invalid_model, "the file is empty");
    VKSEG_ASSIGN(const onnx::ModelProto model, onnx::parse_model(bytes));
    return onnx::import_model(model, onnx::TensorReader(directory_for_external_data, std::move(owner)));
}

} // namespace vkseg
