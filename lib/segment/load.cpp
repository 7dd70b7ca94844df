#include "base/try.hpp"
#include "vkseg/model.hpp"
#include "vkseg/segment.hpp"

namespace vkseg {

Result<Segmenter> Segmenter::load(const Device& device, const std::filesystem::path& model,
                                  const SessionOptions& options)
{
    VKSEG_ASSIGN(Graph graph, load_model(model));
    VKSEG_ASSIGN(ModelDescription description, find_description(model, graph));
    return create(device, std::move(graph), std::move(description), options);
}

} // namespace vkseg
