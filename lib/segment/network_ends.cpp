#include "segment/network_ends.hpp"

#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"
#include "segment/axes.hpp"
#include "segment/extend.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vkseg {
namespace {

int64_t channels_of(const ModelDescription& description)
{
    return description.order == ChannelOrder::grey ? 1 : 3;
}

std::string size_text(int64_t height, int64_t width)
{
    return std::to_string(height) + "x" + std::to_string(width) + " (height x width)";
}

/// Checks that the keys for networks of any size do not contradict the fixed size of the network.
Status check_open_keys(const std::string& who, const PicturePlacement& placement)
{
    const auto [height, width] = std::pair(placement.size[0], placement.size[1]);
    if (placement.multiple_of > 0 && (height % placement.multiple_of != 0 || width % placement.multiple_of != 0))
        return wrong_description(who + " takes pictures of " + size_text(height, width) + ", which input.multiple_of " +
                                 std::to_string(placement.multiple_of) + " contradicts");
    if (placement.longest_side > 0 && std::max(height, width) > placement.longest_side)
        return wrong_description(who + " takes pictures of " + size_text(height, width) +
                                 ", which input.longest_side " + std::to_string(placement.longest_side) +
                                 " contradicts");
    return {};
}

/// Copies the size that the graph fixes into the placement; refuses a placement of another size.
Status place_in(const Value& input, TensorLayout layout, PicturePlacement& placement)
{
    const Shape shape = shape_of_batch(input.shape);
    const std::string who = "input '" + input.name + "' " + to_string(input.shape);
    if (!is_float(input.type))
        return wrong_description(who + " takes " + name(input.type) + ", not floats");
    if (!placement.size.empty() && placement.size.size() != 2)
        return wrong_description("input.size must be a height and a width, got " +
                                 std::to_string(placement.size.size()) + " numbers");
    if (!input.has_shape)
        return {};
    const size_t first = layout == TensorLayout::nchw ? 2 : 1;
    const auto [height, width] = std::pair(shape[first], shape[first + 1]);
    if (placement.size.empty() && height > 0 && width > 0)
    {
        placement.size = {height, width};
        return check_open_keys(who, placement);
    }
    if (placement.size.empty() && (height > 0 || width > 0))
        return wrong_description(who + " fixes the " + (height > 0 ? "height" : "width") +
                                 " of pictures only: set both in input.size");
    if (!placement.size.empty() &&
        ((height > 0 && height != placement.size[0]) || (width > 0 && width != placement.size[1])))
        return wrong_description(who + " does not take pictures of " + size_text(placement.size[0], placement.size[1]));
    return {};
}

/// Converts (pixel · maximum / 255 − mean) / deviation to the units of PictureToTensor, whose pixels are 0 … 255.
Result<PictureToTensor> make_picture_to_tensor(const ModelDescription& description)
{
    const auto channels = size_t(channels_of(description));
    const auto is_finite = [](float value) { return std::isfinite(value); };
    for (const std::vector<float>* values : {&description.mean, &description.deviation, &description.fill})
    {
        if (!std::all_of(values->begin(), values->end(), is_finite))
            return wrong_description("mean, deviation and fill must be finite");
        if (!values->empty() && values->size() != channels)
            return wrong_description("expected a mean, deviation and fill for each of " + std::to_string(channels) +
                                     " channels, got " + std::to_string(values->size()));
    }
    if (std::count(description.deviation.begin(), description.deviation.end(), 0.0f) > 0 ||
        !(description.pixel_maximum > 0))
        return wrong_description("deviation and pixel_maximum must not be 0");
    PictureToTensor op;
    op.placement = description.placement;
    op.order = description.order;
    op.antialias = description.antialias;
    const float unit = 255 / description.pixel_maximum;
    for (size_t c = 0; c < channels; ++c)
    {
        const float deviation = description.deviation.empty() ? 1 : description.deviation[c];
        op.mean.push_back(description.mean.empty() ? 0 : description.mean[c] * unit);
        op.scale.push_back(1 / (unit * deviation));
        if (!description.fill.empty())
            op.fill.push_back(description.fill[c] * unit);
    }
    return op;
}

/// Replaces the network's input by the picture.
ValueId prepend(Graph& graph, ValueId input, TensorLayout layout, PictureToTensor to_tensor)
{
    const bool has_batch = !graph.values[input].has_shape || graph.values[input].shape.rank() != 3;
    std::vector<ValueId> states = std::exchange(graph.inputs, {});
    std::erase(states, input);
    const ValueId picture = graph.add_input(picture_name, DType::u8, {-1, -1, -1});
    graph.inputs.insert(graph.inputs.end(), states.begin(), states.end());
    std::vector<Node> nodes = {{.name = tensor_name, .op = std::move(to_tensor), .inputs = {picture}, .outputs = {}}};
    const auto then = [&](const char* suffix, Op op)
    {
        const std::string name = std::string(tensor_name) + suffix;
        const ValueId tensor = graph.add_value({.name = name});
        nodes.back().outputs = {tensor};
        nodes.push_back({.name = name, .op = std::move(op), .inputs = {tensor}, .outputs = {}});
    };
    if (layout == TensorLayout::nhwc)
        then(".nhwc", Transpose{{0, 2, 3, 1}});
    if (!has_batch)
        then(".single", Reshape{.kind = ReshapeKind::squeeze, .axes = {0}});
    nodes.back().outputs = {input};
    graph.nodes.insert(graph.nodes.begin(), nodes.begin(), nodes.end());
    return picture;
}

/// The ends that no state names.
std::vector<ValueId> without_states(const Graph& graph, std::vector<ValueId> ends, const ModelDescription& description,
                                    std::string StateLink::*name)
{
    std::erase_if(
        ends, [&](ValueId id)
        { return std::ranges::find(description.state, graph.values[id].name, name) != description.state.end(); });
    return ends;
}

} // namespace

Status wrong_description(const std::string& message)
{
    return Status(StatusCode::invalid_model, "model description: " + message);
}

std::string quoted_names(const Graph& graph, const std::vector<ValueId>& ids)
{
    std::string names;
    for (const ValueId id : ids)
        names += (names.empty() ? "'" : ", '") + graph.values[id].name + "'";
    return names.empty() ? "none" : names;
}

Result<ValueId> find_end(const Graph& graph, const std::vector<ValueId>& ids, const std::string& what,
                         const std::string& wanted)
{
    for (const ValueId id : ids)
    {
        if (graph.values[id].name == wanted || (wanted.empty() && ids.size() == 1))
            return id;
    }
    const std::string names = quoted_names(graph, ids);
    if (wanted.empty() && !ids.empty())
        return wrong_description("the network has " + std::to_string(ids.size()) + " " + what + "s (" + names +
                                 "): set " + what + ".name to the one that " +
                                 (what == "input" ? "takes the picture" : "gives the map of classes"));
    return wrong_description("the network has no " + what + " '" + wanted + "'; it has " + names);
}

Result<ValueId> find_map(const Graph& graph, const ModelDescription& description)
{
    if (!description.output.empty())
        return find_end(graph, graph.outputs, "output", description.output);
    return find_end(graph, without_states(graph, graph.outputs, description, &StateLink::output), "output", "");
}

Result<std::vector<StateEnds>> find_described_states(const Graph& graph, const ModelDescription& description)
{
    Result<std::vector<StateEnds>> states = find_states(graph, description.state);
    if (!states.is_ok())
        return wrong_description(states.status().message());
    return states;
}

Result<ValueId> take_picture(Graph& graph, ModelDescription& description)
{
    const std::vector<ValueId> inputs = without_states(graph, graph.inputs, description, &StateLink::input);
    VKSEG_ASSIGN(const ValueId input, find_end(graph, inputs, "input", description.input));
    if (inputs.size() != 1)
        return wrong_description("expected a network with a picture as its only input, besides those named in 'state', "
                                 "got " +
                                 std::to_string(inputs.size()) + " inputs");
    description.input = graph.values[input].name;
    const Result<TensorLayout> layout =
        input_layout(graph.values[input], channels_of(description), description.input_layout);
    if (!layout.is_ok())
        return layout.status().with_context("model description");
    description.input_layout = *layout;
    VKSEG_TRY(place_in(graph.values[input], *layout, description.placement));
    VKSEG_ASSIGN(PictureToTensor to_tensor, make_picture_to_tensor(description));
    return prepend(graph, input, *layout, std::move(to_tensor));
}

Result<Graph> with_picture_input(Graph graph, ModelDescription description)
{
    VKSEG_TRY(take_picture(graph, description).status());
    return graph;
}

Result<Graph> with_sample_picture(const Graph& graph, std::span<const ValueId> outputs,
                                  const ModelDescription& description)
{
    VKSEG_ASSIGN(const PlacedPicture placed, place_picture(description.placement, sample_picture));
    const NamedShape shape = {picture_name, sample_picture};
    VKSEG_ASSIGN(const std::vector<StateEnds> states, find_described_states(graph, description));
    VKSEG_ASSIGN(const std::vector<NamedShape> shapes, with_state_shapes(graph, states, {&shape, 1}));
    Graph network = graph;
    network.outputs.assign(outputs.begin(), outputs.end());
    Result<Graph> known = specialize(network, shapes, /* fuse= */ false);
    if (known.is_ok())
        return known;
    return known.status().with_context("the network does not accept an input of " +
                                       size_text(placed.tensor_height, placed.tensor_width) +
                                       ", which follows from input.size, input.multiple_of and input.layout");
}

} // namespace vkseg
