#include "vkseg/model.hpp"

#include "base/try.hpp"
#include "formats/onnx/read_onnx.hpp"
#include "vkseg/weights.hpp"
#include "vkseg/zoo.hpp"

namespace vkseg {
namespace {

#if VKSEG_HAS_ZOO
Result<Graph> load_named_network(const std::filesystem::path& path)
{
    VKSEG_ASSIGN(const WeightFile file, read_safetensors(path));
    const auto network = file.metadata.find("network");
    if (network == file.metadata.end())
        return Status(StatusCode::invalid_model, path.string() +
                                                     ": the metadata has no key 'network' that names the network; "
                                                     "give the name as zoo:NAME --weights " +
                                                     path.filename().string());
    return load_network(network->second, path);
}
#else
Result<Graph> load_named_network(const std::filesystem::path& path)
{
    return Status(
        StatusCode::unsupported,
        path.string() +
            ": a file of weights needs a network of the zoo, and this build of the library has none (VKSEG_ZOO=OFF)");
}
#endif

} // namespace

#if !VKSEG_HAS_ONNX
Result<Graph> read_onnx(const std::filesystem::path& path)
{
    return Status(StatusCode::unsupported,
                  path.string() + ": this build of the library cannot read ONNX files (VKSEG_ONNX=OFF)");
}
#endif

Result<Graph> load_model(const std::filesystem::path& path)
{
    return path.extension() == ".safetensors" ? load_named_network(path) : read_onnx(path);
}

} // namespace vkseg
