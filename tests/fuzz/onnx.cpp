// The bytes of an ONNX file: read, made specific for small inputs, planned for the device of least limits.
#include "formats/onnx/read_onnx.hpp"
#include "fuzz/small_shapes.hpp"
#include "fuzz/target.hpp"

using namespace vkseg;

/// A third of the default: loops without end run into this limit, and instrumented code takes fifty times as long.
constexpr size_t max_memory_bytes = size_t(256) << 20;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const MemoryFile file = {.bytes = fuzz::bytes_of(data, size)};
    const auto itself = [&](const std::string&) -> Result<MemoryFile> { return file; }; // as external data
    const Result<Graph> graph = read_onnx(file, itself);
    fuzz::require_message(graph.status());
    if (!graph.is_ok())
        return 0;
    const std::vector<NamedShape> shapes = fuzz::small_shapes(*graph);
    fuzz::require_message(specialize(*graph, shapes, true, max_memory_bytes).status());
    fuzz::require_message(summarize(*graph, shapes, Precision::f32, max_memory_bytes).status());
    return 0;
}
