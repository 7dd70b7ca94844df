#include "quantize_onnx.hpp"
#include "onnx_fields.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace vkseg::cli {
namespace {

constexpr int32_t type_f32 = 1;
constexpr int32_t type_u8 = 2;
constexpr int32_t type_i8 = 3;
constexpr int32_t type_i32 = 6;
constexpr int32_t attribute_integer = 2;

constexpr float largest_weight = 127;

/// Index of the output channel for each element of weights.
class ChannelIndex
{
public:
    ChannelIndex(const Shape& shape, size_t axis) : channels_(shape[axis])
    {
        for (size_t i = axis + 1; i < shape.rank(); ++i)
            inner_ *= shape[i];
    }
    size_t operator()(size_t element) const { return element / size_t(inner_) % size_t(channels_); }

private:
    int64_t channels_;
    int64_t inner_ = 1;
};

std::string tensor_bytes(const std::string& name, int32_t type, std::span<const int64_t> dims, const std::string& data)
{
    std::string bytes;
    pbf_writer tensor(bytes);
    tensor.add_packed_int64(tensor_field::dims, dims.begin(), dims.end());
    tensor.add_int32(tensor_field::data_type, type);
    tensor.add_string(tensor_field::name, name);
    tensor.add_bytes(tensor_field::raw_data, data);
    return bytes;
}

/// The values in the little-endian order of raw_data.
template <class Integer>
std::string little_endian(std::span<const Integer> values)
{
    std::string data;
    for (const Integer value : values)
    {
        for (size_t byte = 0; byte < sizeof(Integer); ++byte)
            data += char(uint8_t(uint64_t(value) >> (8 * byte)));
    }
    return data;
}

std::string little_endian(std::span<const float> values)
{
    std::vector<uint32_t> bits;
    for (const float value : values)
        bits.push_back(std::bit_cast<uint32_t>(value));
    return little_endian(std::span<const uint32_t>(bits));
}

/// The scale of the nearest integers, which is never 0.
float scale_for(float magnitude, float integers)
{
    const float scale = magnitude / integers;
    return scale > std::numeric_limits<float>::min() ? scale : 1;
}

/// Writes the nodes and initialisers of a graph.
class Rewriter
{
public:
    Rewriter(const Graph& graph, const QuantizationPlan& plan, const std::map<std::string, ValueRange>& ranges,
             bool is_signed)
        : graph_(graph), plan_(plan), ranges_(ranges), is_signed_(is_signed)
    {}

    std::string rewrite(data_view graph);

private:
    struct Quantized
    {
        std::string value; ///< name of the dequantised value
        std::vector<float> scales;
    };

    void note_names(pbf_reader graph);
    std::string unique(const std::string& name);
    std::string add_tensor(const std::string& name, int32_t type, std::span<const int64_t> dims,
                           const std::string& data);
    std::string add_scales(const std::string& name, std::span<const float> scales, bool is_scalar);
    void add_node(const std::string& op_type, const std::vector<std::string>& inputs, const std::string& output,
                  std::optional<int64_t> axis);
    const Quantized& quantized_activation(const std::string& name);
    const Quantized& quantized_weights(const QuantizableNode& node);
    std::string quantized_bias(const QuantizableNode& node, float input_scale, std::span<const float> weight_scales);
    void write_node(pbf_reader node, const QuantizableNode& quantizable);
    bool is_dropped(pbf_reader message, uint32_t name_field) const;

    const Graph& graph_;
    const QuantizationPlan& plan_;
    const std::map<std::string, ValueRange>& ranges_;
    bool is_signed_;
    std::set<std::string> names_;
    std::set<std::string> read_otherwise_; ///< values that other nodes read, or that a subgraph may capture
    std::set<std::string> replaced_;       ///< constants that the quantised nodes no longer read
    std::map<std::string, Quantized> activations_;
    std::map<std::pair<std::string, size_t>, Quantized> weights_; ///< by name and axis
    std::string output_;
    std::string initializers_;
};

void Rewriter::note_names(pbf_reader graph)
{
    size_t index = 0;
    for (const Value& value : graph_.values)
        names_.insert(value.name);
    for (; graph.next(graph_field::node); ++index)
    {
        const data_view bytes = graph.get_view();
        const NodeParts parts = read_node(pbf_reader(bytes));
        names_.insert(parts.inputs.begin(), parts.inputs.end());
        names_.insert(parts.outputs.begin(), parts.outputs.end());
        const auto planned = plan_.nodes.find(index);
        for (const std::string& input : parts.inputs)
        {
            if (planned == plan_.nodes.end() || (input != planned->second.weights && input != planned->second.bias))
                read_otherwise_.insert(input);
        }
        if (!parts.has_subgraph)
            continue;
        const std::string_view text(bytes.data(), bytes.size());
        for (const auto& [number, node] : plan_.nodes)
        {
            for (const std::string& constant : {node.weights, node.bias})
            {
                if (text.find(constant) != std::string_view::npos)
                    read_otherwise_.insert(constant);
            }
        }
    }
    for (const ValueId id : graph_.outputs)
        read_otherwise_.insert(graph_.values[id].name);
}

std::string Rewriter::unique(const std::string& name)
{
    std::string result = name;
    while (!names_.insert(result).second)
        result += '_';
    return result;
}

std::string Rewriter::add_tensor(const std::string& name, int32_t type, std::span<const int64_t> dims,
                                 const std::string& data)
{
    const std::string added = unique(name);
    pbf_writer(initializers_).add_bytes(graph_field::initializer, tensor_bytes(added, type, dims, data));
    return added;
}

std::string Rewriter::add_scales(const std::string& name, std::span<const float> scales, bool is_scalar)
{
    const int64_t count = int64_t(scales.size());
    return add_tensor(name + "_scale", type_f32, is_scalar ? std::span<const int64_t>() : std::span(&count, 1),
                      little_endian(scales));
}

void Rewriter::add_node(const std::string& op_type, const std::vector<std::string>& inputs, const std::string& output,
                        std::optional<int64_t> axis)
{
    std::string bytes;
    pbf_writer node(bytes);
    for (const std::string& input : inputs)
        node.add_string(node_field::input, input);
    node.add_string(node_field::output, output);
    node.add_string(node_field::name, output);
    node.add_string(node_field::op_type, op_type);
    if (axis)
    {
        std::string attribute_bytes;
        pbf_writer attribute(attribute_bytes);
        attribute.add_string(attribute_field::name, "axis");
        attribute.add_int64(attribute_field::integer, *axis);
        attribute.add_int32(attribute_field::type, attribute_integer);
        node.add_bytes(node_field::attribute, attribute_bytes);
    }
    pbf_writer(output_).add_bytes(graph_field::node, bytes);
}

const Rewriter::Quantized& Rewriter::quantized_activation(const std::string& name)
{
    const auto [entry, is_new] = activations_.try_emplace(name);
    if (!is_new)
        return entry->second;
    // 0 is among the values, so that padding by zeros is exact.
    const ValueRange& range = ranges_.at(name);
    const float low = std::min(range.low, 0.0f);
    const float high = std::max(range.high, 0.0f);
    const float scale = scale_for(high - low, 255);
    const auto above_lowest = int64_t(std::clamp(std::nearbyint(-low / scale), 0.0f, 255.0f));
    const auto zero_point = int8_t(uint8_t(is_signed_ ? above_lowest - 128 : above_lowest));
    const std::string scale_name = add_scales(name, {&scale, 1}, /* is_scalar= */ true);
    const std::string zero_name = add_tensor(name + "_zero_point", is_signed_ ? type_i8 : type_u8, {},
                                             little_endian(std::span<const int8_t>(&zero_point, 1)));
    const std::string integers = unique(name + "_quantized");
    entry->second = {.value = unique(name + "_dequantized"), .scales = {scale}};
    add_node("QuantizeLinear", {name, scale_name, zero_name}, integers, {});
    add_node("DequantizeLinear", {integers, scale_name, zero_name}, entry->second.value, {});
    return entry->second;
}

const Rewriter::Quantized& Rewriter::quantized_weights(const QuantizableNode& node)
{
    const auto [entry, is_new] = weights_.try_emplace({node.weights, node.channel_axis});
    replaced_.insert(node.weights);
    if (!is_new)
        return entry->second;
    const Tensor weights = *float_constant(graph_, node.weights);
    const ChannelIndex channel(weights.shape(), node.channel_axis);
    const std::span<const float> values = weights.floats();
    std::vector<float> scales(size_t(weights.shape()[node.channel_axis]));
    for (size_t i = 0; i < values.size(); ++i)
    {
        if (!std::isfinite(values[i]))
            throw Failure(bad_input,
                          fmt::format("quantize: weights '{}' have a value that is not finite", node.weights));
        scales[channel(i)] = std::max(scales[channel(i)], std::abs(values[i]));
    }
    for (float& scale : scales)
        scale = scale_for(scale, largest_weight);
    std::vector<int8_t> integers;
    integers.reserve(values.size());
    for (size_t i = 0; i < values.size(); ++i)
        integers.push_back(
            int8_t(std::clamp(std::nearbyint(values[i] / scales[channel(i)]), -largest_weight, largest_weight)));
    const std::string name = add_tensor(node.weights + "_quantized", type_i8, weights.shape().extents(),
                                        little_endian(std::span<const int8_t>(integers)));
    const std::string scale_name = add_scales(node.weights, scales, /* is_scalar= */ false);
    entry->second = {.value = unique(node.weights + "_dequantized"), .scales = std::move(scales)};
    add_node("DequantizeLinear", {name, scale_name}, entry->second.value, int64_t(node.channel_axis));
    return entry->second;
}

/// The bias in units of the products' scales; as it is if that does not fit 32 bits.
std::string Rewriter::quantized_bias(const QuantizableNode& node, float input_scale,
                                     std::span<const float> weight_scales)
{
    const Tensor bias = *float_constant(graph_, node.bias);
    const std::span<const float> values = bias.floats();
    std::vector<float> scales;
    std::vector<int32_t> integers;
    for (size_t i = 0; i < values.size() && i < weight_scales.size(); ++i)
    {
        scales.push_back(input_scale * weight_scales[i]);
        const double quotient = std::nearbyint(double(values[i]) / double(scales.back()));
        if (!(std::abs(quotient) <= double(std::numeric_limits<int32_t>::max())))
            return node.bias;
        integers.push_back(int32_t(quotient));
    }
    if (integers.size() != values.size())
        return node.bias;
    replaced_.insert(node.bias);
    const int64_t count = int64_t(integers.size());
    const std::string name =
        add_tensor(node.bias + "_quantized", type_i32, {&count, 1}, little_endian(std::span<const int32_t>(integers)));
    const std::string scale_name = add_scales(node.bias, scales, /* is_scalar= */ false);
    const std::string value = unique(node.bias + "_dequantized");
    add_node("DequantizeLinear", {name, scale_name}, value, 0);
    return value;
}

void Rewriter::write_node(pbf_reader node, const QuantizableNode& quantizable)
{
    const Quantized& input = quantized_activation(quantizable.input);
    const Quantized& weights = quantized_weights(quantizable);
    std::vector<std::string> inputs = {input.value, weights.value};
    if (!quantizable.bias.empty())
        inputs.push_back(quantized_bias(quantizable, input.scales.front(), weights.scales));
    std::string bytes;
    pbf_writer to(bytes);
    size_t number = 0;
    while (node.next())
    {
        if (node.tag() == node_field::input && number < inputs.size())
        {
            node.skip();
            to.add_string(node_field::input, inputs[number++]);
        }
        else
            copy_field(node, to);
    }
    pbf_writer(output_).add_bytes(graph_field::node, bytes);
}

/// True if the tensor or value is a constant that no node reads any more.
bool Rewriter::is_dropped(pbf_reader message, uint32_t name_field) const
{
    std::string name;
    for_each_field(message,
                   [&](pbf_reader& field)
                   {
                       if (field.tag() == name_field)
                           name = field.get_string();
                       else
                           field.skip();
                   });
    return replaced_.contains(name) && !read_otherwise_.contains(name);
}

std::string Rewriter::rewrite(data_view graph)
{
    note_names(pbf_reader(graph));
    size_t index = 0;
    for_each_field(pbf_reader(graph),
                   [&](pbf_reader& field)
                   {
                       if (field.tag() != graph_field::node)
                           return field.skip();
                       const auto planned = plan_.nodes.find(index++);
                       if (planned != plan_.nodes.end())
                       {
                           write_node(field.get_message(), planned->second);
                           return;
                       }
                       pbf_writer to(output_);
                       copy_field(field, to);
                   });
    for_each_field(pbf_reader(graph),
                   [&](pbf_reader& field)
                   {
                       const uint32_t tag = field.tag();
                       const bool is_initializer = tag == graph_field::initializer;
                       if (tag == graph_field::node)
                           return field.skip();
                       if (is_initializer || tag == graph_field::input)
                       {
                           const data_view bytes = field.get_view();
                           if (!is_dropped(pbf_reader(bytes), is_initializer ? tensor_field::name : value_info_name))
                               pbf_writer(output_).add_bytes(tag, bytes);
                           return;
                       }
                       pbf_writer to(output_);
                       copy_field(field, to);
                   });
    return output_ + initializers_;
}

} // namespace

std::string quantize_onnx(std::span<const std::byte> file, const Graph& graph, const QuantizationPlan& plan,
                          const std::map<std::string, ValueRange>& ranges, bool is_signed)
{
    const auto rewrite = [&]
    {
        std::string result;
        pbf_writer to(result);
        for_each_field(reader_of(file),
                       [&](pbf_reader& field)
                       {
                           if (field.tag() == model_field::graph)
                               to.add_bytes(model_field::graph,
                                            Rewriter(graph, plan, ranges, is_signed).rewrite(field.get_view()));
                           else
                               copy_field(field, to);
                       });
        return result;
    };
    return with_parser(rewrite);
}

} // namespace vkseg::cli
