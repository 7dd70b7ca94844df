#include "support/files_beside.hpp"

#include "formats/onnx/tensor.hpp"

namespace vkseg::test {

ExternalData files_beside(const std::filesystem::path& directory)
{
    return [directory](const std::string& location) -> Result<MemoryFile>
    {
        Result<FileBytes> file = ::vkseg::onnx::open_beside_model(directory, location);
        if (!file.is_ok())
            return file.status();
        return MemoryFile{.bytes = file->bytes, .owner = std::move(file->owner)};
    };
}

} // namespace vkseg::test
