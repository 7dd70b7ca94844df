#include "vkseg/model.hpp"

#include "model/onnx.hpp"

namespace vkseg {

Result<Graph> load_model(const std::filesystem::path& path)
{
    return read_onnx(path);
}

} // namespace vkseg
