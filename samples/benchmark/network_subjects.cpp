#include "cli/common.hpp"
#include "subjects.hpp"

#include "vkseg/model.hpp"
#include "vkseg/weights.hpp"
#include "vkseg/zoo.hpp"

namespace vkseg::benchmark {
namespace {

Subject zoo_subject(std::string title, const std::string& network, const Shape& input)
{
    const auto load = [=]
    {
        Graph graph = cli::take(build_network(network, {.input = input}));
        invent_weights(graph);
        return graph;
    };
    return {.name = std::move(title), .kind = SubjectKind::networks, .load = load};
}

} // namespace

std::vector<Subject> network_subjects()
{
    return {zoo_subject("U-Net 256x256", "unet-padded", {1, 3, 256, 256}),
            zoo_subject("FCN-8s VGG16 224x224", "fcn-8s-padded", {1, 3, 224, 224}),
            zoo_subject("DeepLabv3+ MobileNetV2 257x257", "deeplab-v3plus-mobilenet-v2", {1, 3, 257, 257})};
}

Subject file_subject(const std::filesystem::path& model)
{
    const auto load = [model]
    {
        Graph graph = cli::take(load_model(model));
        cli::invent_parameters(graph, cli::max_memory_of(0, graph, {}));
        for (const ValueId id : graph.inputs)
        {
            const Value& value = graph.values[id];
            if (!value.has_shape || !value.shape.is_known())
                throw cli::Failure(
                    cli::bad_input,
                    fmt::format("{}: input '{}' has the open shape {}; use 'vkseg bench', which has --shape",
                                model.string(), value.name, value.has_shape ? to_string(value.shape) : "?"));
        }
        return graph;
    };
    return {.name = model.stem().string(), .kind = SubjectKind::networks, .load = load};
}

} // namespace vkseg::benchmark
