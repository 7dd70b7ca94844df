#include "vkseg/model.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/trace.hpp"
#include "base/try.hpp"
#include "formats/onnx/read_onnx.hpp"
#include "formats/tflite/read_tflite.hpp"
#include "vkseg/weights.hpp"
#include "vkseg/zoo.hpp"

#include <fstream>

namespace vkseg {
namespace {

#if VKSEG_HAS_ZOO
Result<Graph> load_named_network(const WeightFile& file)
{
    const auto network = file.metadata.find("network");
    if (network == file.metadata.end())
        return Status(StatusCode::invalid_model,
                      "the metadata has no key 'network' that names the network; build it by "
                      "name (load_network(), or zoo:NAME --weights FILE)");
    return load_network(network->second, file);
}

Result<Graph> load_named_network(const std::filesystem::path& path)
{
    VKSEG_ASSIGN(const WeightFile file, read_safetensors(path));
    Result<Graph> graph = load_named_network(file);
    if (!graph.is_ok())
        return graph.status().with_context(printable_path(path));
    return graph;
}

Result<Graph> load_named_network(const MemoryFile& file)
{
    VKSEG_ASSIGN(const WeightFile weights, read_safetensors(file));
    return load_named_network(weights);
}
#else
Status no_zoo()
{
    return Status(
        StatusCode::unsupported,
        "a file of weights needs a network of the zoo, and this build of the library has none (VKSEG_ZOO=OFF)");
}

Result<Graph> load_named_network(const std::filesystem::path& path)
{
    return no_zoo().with_context(printable_path(path));
}

Result<Graph> load_named_network(const MemoryFile&)
{
    return no_zoo();
}
#endif

/// True if the bytes begin as a safetensors file does: 8 bytes of length, the lowest first, then JSON.
bool is_safetensors(std::span<const std::byte> bytes)
{
    constexpr size_t header_begin = 8;
    if (bytes.size() <= header_begin || bytes[header_begin] != std::byte('{'))
        return false;
    uint64_t length = 0;
    for (size_t i = header_begin; i-- > 0;)
        length = length << 8 | uint64_t(bytes[i]);
    return length <= bytes.size() - header_begin;
}

/// The first bytes of a regular file; fewer if it is shorter or cannot be read, which its reader reports.
std::vector<std::byte> first_bytes(const std::filesystem::path& path)
{
    std::vector<std::byte> bytes(8);
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        return {};
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(bytes.size()));
    bytes.resize(size_t(file.gcount()));
    return bytes;
}

Result<Graph> load_network_file(const std::filesystem::path& path)
{
    if (path.extension() == ".safetensors")
        return load_named_network(path);
    return is_tflite(first_bytes(path)) ? read_tflite(path) : read_onnx(path);
}

Result<Graph> load_network_file(const MemoryFile& file, const ExternalData& external_data)
{
    if (is_safetensors(file.bytes))
        return load_named_network(file);
    return is_tflite(file.bytes) ? read_tflite(file) : read_onnx(file, external_data);
}

/// Logs a model that was loaded, and gives it back.
Result<Graph> logged(Result<Graph> graph, const std::string& file)
{
    if (graph.is_ok() && is_logged(LogLevel::info))
        write_log(LogLevel::info, "model '" + file + "': loaded, " + counted(graph->nodes.size(), "node") + ", " +
                                      counted(graph->inputs.size(), "input"));
    return graph;
}

} // namespace

#if !VKSEG_HAS_ONNX
Status no_onnx()
{
    return Status(StatusCode::unsupported, "this build of the library cannot read ONNX files (VKSEG_ONNX=OFF)");
}

Result<Graph> read_onnx(const std::filesystem::path& path)
{
    return no_onnx().with_context(printable_path(path));
}

Result<Graph> read_onnx(const MemoryFile&, const ExternalData&)
{
    return no_onnx();
}
#endif

#if !VKSEG_HAS_TFLITE
Status no_tflite()
{
    return Status(StatusCode::unsupported,
                  "this build of the library cannot read TensorFlow Lite files (VKSEG_TFLITE=OFF)");
}

Result<Graph> read_tflite(const std::filesystem::path& path)
{
    return no_tflite().with_context(printable_path(path));
}

Result<Graph> read_tflite(const MemoryFile&)
{
    return no_tflite();
}
#endif

Result<Graph> load_model(const std::filesystem::path& path)
{
    ScopedSpan span("load", "load model");
    const std::string file = printable_path(path);
    if (span.is_on())
        span.set_detail(file);
    return logged(load_network_file(path), file);
}

Result<Graph> load_model(const MemoryFile& file, const ExternalData& external_data)
{
    const ScopedSpan span("load", "load model");
    return logged(load_network_file(file, external_data), "from memory");
}

} // namespace vkseg
