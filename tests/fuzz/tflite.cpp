// The bytes of a TensorFlow Lite file: read, made specific for small inputs, planned for the device of least limits.
#include "formats/tflite/read_tflite.hpp"
#include "fuzz/small_shapes.hpp"
#include "fuzz/target.hpp"

using namespace vkseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const Result<Graph> graph = read_tflite(MemoryFile{.bytes = fuzz::bytes_of(data, size)});
    fuzz::require_message(graph.status());
    if (!graph.is_ok())
        return 0;
    const std::vector<NamedShape> shapes = fuzz::small_shapes(*graph);
    fuzz::require_message(specialize(*graph, shapes).status());
    fuzz::require_message(summarize(*graph, shapes).status());
    return 0;
}
