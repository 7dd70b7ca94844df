#include "vkseg/model.hpp"

#include "base/try.hpp"
#include "model/onnx.hpp"
#include "vkseg/weights.hpp"
#include "vkseg/zoo.hpp"

namespace vkseg {
namespace {

Result<Graph> load_named_network(const std::filesystem::path& path)
{
    VKSEG_ASSIGN(const WeightFile file, read_safetensors(path));
    const auto network = file.metadata.find("network");
    if (network == file.metadata.end())
        return Status(StatusCode::invalid_model,
                      path.string() +
                          ": its metadata has no key 'network', so which network these weights belong to "
                          "must be said: zoo:NAME --weights " +
                          path.filename().string());
    return load_network(network->second, path);
}

} // namespace

Result<Graph> load_model(const std::filesystem::path& path)
{
    return path.extension() == ".safetensors" ? load_named_network(path) : read_onnx(path);
}

} // namespace vkseg
