#include "base/invalid.hpp"
#include "base/try.hpp"
#include "ops/convolution/convolution_inputs.hpp"
#include "ops/convolution/convolution_weights.hpp"
#include "ops/operators.hpp"
#include "ops/shape_rules.hpp"

#include <bit>

namespace vkseg {
namespace {

Status check_types(const ByteConv& op, Inputs inputs)
{
    const size_t count = 5 + size_t(op.has_residual);
    if (inputs.size() != count)
        return invalid("needs " + std::to_string(count) + " inputs, got " + std::to_string(inputs.size()));
    const Shape& x = inputs[0].shape;
    const Shape& weights = inputs[1].shape;
    if (inputs[0].type != DType::i8 || inputs[1].type != DType::i8)
        return invalid("input and weights must be i8, got " + std::string(name(inputs[0].type)) + " and " +
                       name(inputs[1].type));
    if ((x.rank() != 3 && x.rank() != 4) || weights.rank() != x.rank() || weights.elements() < 1)
        return invalid("input and weights must be N x C x 1 or 2 spatial axes, got " + to_string(x) + " and " +
                       to_string(weights));
    for (size_t i = 2; i < 5; ++i)
    {
        const DType expected = i == 2 ? DType::i32 : DType::f32;
        if (inputs[i].type != expected || inputs[i].shape != Shape{weights[0]})
            return invalid("start, factor and bias must be i32, f32 and f32 of " + std::to_string(weights[0]) +
                           " values, got " + name(inputs[i].type) + " " + to_string(inputs[i].shape));
    }
    for (size_t i = 1; i < 5; ++i)
    {
        if (inputs[i].constant == nullptr)
            return Status(StatusCode::unsupported, "weights and parameters must be constant");
    }
    const auto is_byte = [](int zero_point) { return zero_point == int8_t(zero_point); };
    if (!is_byte(op.x_zero_point) || (op.y && (!is_byte(op.y->zero_point) || !(op.y->scale > 0))))
        return invalid("zero points must be i8, and the scale positive");
    if (!is_fused_by_convolutions(op.activation.kind))
        return Status(StatusCode::unsupported, "the activation must be one that convolutions fuse");
    // Magnitudes of a weight and of a byte minus a zero point, within 32-bit sums.
    constexpr int64_t max_terms = (int64_t(1) << 31) / (128 * 255);
    if (weights.elements() / weights[0] >= max_terms)
        return Status(StatusCode::unsupported, "sums may have at most " + std::to_string(max_terms) + " terms, got " +
                                                   std::to_string(weights.elements() / weights[0]));
    return {};
}

/// Constants of a node.
struct Parameters
{
    const Tensor& weights;
    const Tensor& start;
    const Tensor& factor;
    const Tensor& bias;
};

/// Each output's start of the sum: minus the zero point of x times the sum of the weights, so that kernels multiply x
/// as it is stored.
std::vector<int32_t> starts_of(const ByteConv& op, const Parameters& parameters, std::span<const float> weights)
{
    std::vector<int32_t> starts;
    const size_t terms = weights.size() / size_t(parameters.start.elements());
    for (const int64_t start : parameters.start.to_integers())
    {
        int64_t sum = 0;
        for (const float weight : weights.subspan(starts.size() * terms, terms))
            sum += int64_t(weight);
        starts.push_back(int32_t(start - op.x_zero_point * sum));
    }
    return starts;
}

std::vector<ByteHead> heads_of(const ByteConv& op, const Parameters& parameters, std::span<const float> weights)
{
    const std::vector<int32_t> starts = starts_of(op, parameters, weights);
    const std::vector<float> factors = parameters.factor.to_floats();
    const std::vector<float> biases = parameters.bias.to_floats();
    const Quantization y = op.y.value_or(Quantization());
    std::vector<ByteHead> heads((starts.size() + 3) / 4, ByteHead{});
    for (size_t i = 0; i < starts.size(); ++i)
    {
        ByteHead& head = heads[i / 4];
        head[i % 4] = uint32_t(starts[i]);
        head[4 + i % 4] = std::bit_cast<uint32_t>(factors[i]);
        head[8 + i % 4] = std::bit_cast<uint32_t>(biases[i]);
        head[12] = std::bit_cast<uint32_t>(y.scale);
        head[13] = std::bit_cast<uint32_t>(float(y.zero_point));
    }
    return heads;
}

} // namespace

Signature signature(const ByteConv& op)
{
    return {.name = "ByteConv",
            .min_inputs = 5 + size_t(op.has_residual),
            .max_inputs = 5 + size_t(op.has_residual),
            .trailing_data_inputs = size_t(op.has_residual),
            .has_bytes = true,
            .is_f32 = true};
}

Result<Outputs> infer(const ByteConv& op, Inputs inputs)
{
    VKSEG_TRY(check_types(op, inputs));
    const Shape& x = inputs[0].shape;
    const Shape& weights = inputs[1].shape;
    VKSEG_TRY(check_groups(op.groups, x, weights, 1));
    if (op.groups != 1 && !channels_of_convolution(op.groups, weights).is_depthwise())
        return Status(StatusCode::unsupported,
                      "expected 1 group or as many as channels, got " + std::to_string(op.groups));
    VKSEG_ASSIGN(const WindowGeometry geometry, geometry_of_convolution(op.window, inputs));
    const Shape y = geometry.output_shape(x[0], weights[0]);
    VKSEG_TRY(check_kernel_range(geometry, y));
    if (op.has_residual && (inputs.back().shape != y || !is_float(inputs.back().type)))
        return invalid("residual must be floats of shape " + to_string(y) + ", got " + name(inputs.back().type) + " " +
                       to_string(inputs.back().shape));
    return single_output(op.y ? DType::i8 : DType::f32, y);
}

LayoutRule layout_rule(const ByteConv&, Inputs)
{
    return LayoutRule::blocked;
}

Result<Plan> plan(const ByteConv& op, const PlanRequest& request)
{
    VKSEG_ASSIGN(const WindowGeometry geometry, geometry_of_convolution(op.window, request.infos));
    const ConvolutionPass pass = whole_pass(geometry);
    VKSEG_ASSIGN(ConvolutionPlan shared,
                 choose_convolution(request, channels_of_convolution(op.groups, request.infos[1].shape), {&pass, 1},
                                    op.activation, op.has_residual ? &request.inputs.back() : nullptr));
    shared.adds_residual_last = op.adds_residual_last;
    shared.padding = 0x01010101u * uint8_t(op.x_zero_point);
    shared.weights_elements = shared.order(pass.kernel.count(), shared.blocks).elements();
    Plan plan;
    plan.weight_layouts = {{.blocks = shared.blocks}};
    VKSEG_TRY(add_pass(plan, request, shared, pass));
    return plan;
}

Packing pack(const ByteConv& op, Inputs inputs, const WeightLayout& layout, Storage)
{
    const Shape& shape = inputs[1].shape;
    const auto taps = int(shape.elements() / (shape[0] * shape[1]));
    const ConvolutionPlan shared = {.channels = channels_of_convolution(op.groups, shape), .weights = Storage::i8};
    const WeightOrder order = shared.order(taps, layout.blocks);
    const Parameters parameters = {.weights = *inputs[1].constant,
                                   .start = *inputs[2].constant,
                                   .factor = *inputs[3].constant,
                                   .bias = *inputs[4].constant};
    const auto write = [=](std::span<std::byte> to)
    {
        const std::vector<float> values = parameters.weights.to_floats();
        WeightSource source = {.values = values,
                               .group_pitch = size_t(order.channels.group_outputs()) * size_t(shape[1]) * size_t(taps),
                               .output_pitch = size_t(shape[1]) * size_t(taps),
                               .input_pitch = size_t(taps)};
        for (size_t tap = 0; tap < size_t(taps); ++tap)
            source.taps.push_back(tap);
        write_byte_weights(order, heads_of(op, parameters, values), source, to);
    };
    return {.bytes = packed_bytes(order, Storage::i8), .write = write};
}

int64_t multiply_adds(const ByteConv&, Inputs inputs, const Outputs& outputs)
{
    const Shape& weights = inputs[1].shape;
    return outputs[0].shape.elements() * (weights.elements() / weights[0]);
}

} // namespace vkseg
