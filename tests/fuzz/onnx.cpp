// The bytes of an ONNX file: read, made specific for small inputs, planned for the device of least limits.
#include "formats/onnx/read_onnx.hpp"
#include "fuzz/target.hpp"
#include "vkseg/session.hpp"

namespace {

using namespace vkseg;

/// A shape for every input that leaves extents open.
std::vector<NamedShape> small_shapes(const Graph& graph)
{
    constexpr int64_t extent = 8;
    std::vector<NamedShape> shapes;
    for (const ValueId id : graph.inputs)
    {
        const Value& value = graph.values[id];
        if (value.has_shape && value.shape.is_known())
            continue;
        Shape shape = value.has_shape ? value.shape : Shape{1, 3, extent, extent};
        for (size_t axis = 0; axis < shape.rank(); ++axis)
        {
            if (shape[axis] < 0)
                shape[axis] = extent;
        }
        shapes.push_back({value.name, shape});
    }
    return shapes;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const MemoryFile file = {.bytes = fuzz::bytes_of(data, size)};
    const auto itself = [&](const std::string&) -> Result<MemoryFile> { return file; }; // as external data
    const Result<Graph> graph = read_onnx(file, itself);
    fuzz::require_message(graph.status());
    if (!graph.is_ok())
        return 0;
    const std::vector<NamedShape> shapes = small_shapes(*graph);
    fuzz::require_message(specialize(*graph, shapes).status());
    fuzz::require_message(summarize(*graph, shapes).status());
    return 0;
}
