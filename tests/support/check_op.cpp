#include "support/check_op.hpp"

#include "base/half.hpp"
#include "ops/convolution/convolution.hpp"
#include "reference/evaluate.hpp"
#include "runtime/memory_bound.hpp"
#include "runtime/plan_program.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "support/forced_choice.hpp"
#include "vk/device.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

namespace vkseg::test {
namespace {

bool is_missing(const Tensor& tensor)
{
    return tensor.bytes().empty() && tensor.shape() == Shape{0} && tensor.type() == DType::u8;
}

std::vector<TensorInfo> infos_of(const std::vector<Tensor>& inputs)
{
    std::vector<TensorInfo> infos;
    for (const Tensor& input : inputs)
    {
        if (is_missing(input))
            infos.push_back({.is_present = false});
        else
            infos.push_back({.type = input.type(), .shape = input.shape(), .constant = &input});
    }
    return infos;
}

/// Rounds to what the device stores, so that only the operator's own error counts.
Tensor rounded(const Tensor& tensor, Precision precision)
{
    if (precision == Precision::f32 || is_missing(tensor) || !is_float(tensor.type()))
        return tensor;
    std::vector<float> values = tensor.to_floats();
    for (float& value : values)
        value = to_float(to_stored_half(value));
    return Tensor::from(tensor.shape(), std::move(values));
}

struct Network
{
    Graph graph;
    std::vector<NamedTensor> inputs;
};

Network one_node_network(const Op& op, const std::vector<Tensor>& inputs, size_t outputs)
{
    Network network;
    std::vector<ValueId> ids;
    const std::vector<TensorInfo> infos = infos_of(inputs);
    for (size_t i = 0; i < inputs.size(); ++i)
    {
        const std::string name = "input" + std::to_string(i);
        if (is_missing(inputs[i]))
            ids.push_back(no_value);
        else if (!is_data_input(op, infos.size(), i))
            ids.push_back(network.graph.add_constant(name, inputs[i]));
        else
        {
            ids.push_back(network.graph.add_input(name, inputs[i].type(), inputs[i].shape()));
            network.inputs.push_back({name, inputs[i]});
        }
    }
    const ValueId first = network.graph.add_node("output", op, ids, outputs);
    for (size_t i = 0; i < outputs; ++i)
        network.graph.outputs.push_back(first + ValueId(i));
    return network;
}

/// How far a result may be from the reference's: rounding of every term of a sum, of the function, and of the store.
struct Tolerance
{
    double relative = 0;
    double absolute = 0;
};

Tolerance tolerance_of(const Check& check, Precision precision, const std::vector<float>& expected)
{
    double scale = 0;
    for (const float value : expected)
    {
        if (std::isfinite(value))
            scale = std::max(scale, std::abs(double(value)));
    }
    constexpr double epsilon_f32 = 0x1p-23;
    // Packing into halves may round or truncate, as the driver likes: a whole unit in the last place.
    const double store = precision == Precision::f16 ? 0x1p-10 : 0;
    Tolerance tolerance;
    tolerance.relative = store + epsilon_f32 * check.function_error;
    tolerance.absolute = epsilon_f32 * 4 * std::sqrt(check.terms) * scale +
                         (precision == Precision::f16 ? 0x1p-24 + check.half_error * 0x1p-11 * scale : 1e-37);
    return tolerance;
}

std::string difference(const Tensor& actual, const Tensor& expected, const Check& check, Precision precision)
{
    if (actual.shape() != expected.shape())
        return "shape " + to_string(actual.shape()) + " instead of " + to_string(expected.shape());
    if (is_float(actual.type()) != is_float(expected.type()))
        return std::string("type ") + name(actual.type()) + " instead of " + name(expected.type());
    const auto at = [](size_t i, double got, double wanted)
    { return "element " + std::to_string(i) + " is " + std::to_string(got) + " instead of " + std::to_string(wanted); };
    if (!is_float(expected.type()))
    {
        const std::vector<int64_t> a = actual.to_integers();
        const std::vector<int64_t> b = expected.to_integers();
        const int64_t allowed = actual.type() == DType::u8 ? check.byte_error : 0;
        for (size_t i = 0; i < a.size(); ++i)
        {
            if (std::abs(a[i] - b[i]) > allowed)
                return at(i, double(a[i]), double(b[i]));
        }
        return "";
    }
    const std::vector<float> a = actual.to_floats();
    const std::vector<float> b = rounded(expected, check.is_exact ? precision : Precision::f32).to_floats();
    const Tolerance tolerance = tolerance_of(check, precision, b);
    constexpr float largest_half = 65504;
    for (size_t i = 0; i < a.size(); ++i)
    {
        if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))
            continue;
        if (precision == Precision::f16 && std::abs(b[i]) > largest_half && std::abs(a[i]) >= largest_half &&
            std::signbit(a[i]) == std::signbit(b[i]))
            continue; // halves end there
        const double error = std::abs(double(a[i]) - double(b[i]));
        const double allowed = check.is_exact ? 0 : tolerance.relative * std::abs(double(b[i])) + tolerance.absolute;
        if (!(error <= allowed))
            return at(i, a[i], b[i]) + ", allowed " + std::to_string(allowed);
    }
    return "";
}

/// True if the operator is to be run on this device. An operator that cannot be planned is, and says why.
bool is_due(const TestDevice& test_device, const Op& op, const std::vector<Tensor>& inputs,
            const SessionOptions& options, size_t outputs, size_t turn)
{
    const Network network = one_node_network(op, inputs, outputs);
    const Result<Program> program =
        plan_program(test_device.device.vulkan(), network.graph, {}, options, constant_bytes(network.graph));
    return !program.is_ok() || is_due(test_device, *program, turn, options.precision);
}

/// The reference's outputs, of inputs rounded to what the device stores.
struct Expected
{
    std::vector<Tensor> stored;
    reference::Tensors outputs;
};

Expected expect(const Op& op, const std::vector<Tensor>& inputs, Precision precision)
{
    Expected expected;
    std::vector<const Tensor*> arguments;
    for (const Tensor& input : inputs)
        expected.stored.push_back(rounded(input, precision));
    for (const Tensor& input : expected.stored)
        arguments.push_back(is_missing(input) ? nullptr : &input);
    Result<reference::Tensors> outputs = reference::evaluate(op, arguments);
    REQUIRE_MESSAGE(outputs.is_ok(), name(op), ": reference: ", outputs.status().message());
    expected.outputs = *std::move(outputs);
    return expected;
}

void check_on(const Device& device, const Op& op, const Expected& expected, const SessionOptions& options,
              const Check& check)
{
    const Network network = one_node_network(op, expected.stored, check.outputs);
    Result<Session> session = Session::create(device, network.graph, options);
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    const Result<RunResult> result = session->run(network.inputs);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    const Precision stored = signature(op).is_f32 ? Precision::f32 : options.precision;
    for (size_t i = 0; i < check.outputs; ++i)
    {
        const std::string found = difference(result->outputs[i].tensor, expected.outputs[i], check, stored);
        CHECK_MESSAGE(found.empty(), name(op), " of ", to_string(expected.stored[0].shape()), ", output ", i, ": ",
                      found);
    }
}

} // namespace

Tensor missing()
{
    return Tensor(DType::u8, {0}, {}, nullptr);
}

void check_op(const Op& op, const std::vector<Tensor>& inputs, Check check)
{
    const size_t turn = next_turn();
    for (const Precision precision : {Precision::f32, Precision::f16})
    {
        const Expected expected = expect(op, inputs, precision);
        for (const TestDevice& test_device : devices_from_turn(turn))
        {
            for (const bool linear : {false, true})
            {
                // The second layout is tried only where the operator takes either, and in three cases of five.
                const LayoutRule rule = layout_rule(op, infos_of(expected.stored));
                const bool has_one_layout = rule == LayoutRule::blocked || rule == LayoutRule::linear;
                if (linear && (has_one_layout || (turn % 5 >= 3 && !runs_all())))
                    continue;
                INFO(test_device.name, precision == Precision::f16 ? ", f16" : ", f32",
                     linear ? ", linear" : ", blocked");
                const SessionOptions options = {
                    .precision = precision, .keep_invalid_entries = true, .prefer_linear_layout = linear};
                if (!is_due(test_device, op, expected.stored, options, check.outputs, turn))
                    continue;
                check_on(test_device.device, op, expected, options, check);
                count_check(test_device.name);
            }
        }
    }
}

void check_shares(const Op& op, const std::vector<Tensor>& inputs, size_t max_binding_bytes, Check check)
{
    const Result<std::shared_ptr<vk::Device>> vulkan = vk::Device::create(
        {.max_storage_buffer_range_bytes = max_binding_bytes, .poison_memory = true, .use_pipeline_cache = false});
    REQUIRE_MESSAGE(vulkan.is_ok(), vulkan.status().message());
    const Device device(*vulkan);
    for (const Precision precision : {Precision::f32, Precision::f16})
    {
        INFO("bindings of ", max_binding_bytes, precision == Precision::f16 ? " bytes, f16" : " bytes, f32");
        check_on(device, op, expect(op, inputs, precision), {.precision = precision}, check);
    }
}

void check_ways(const Op& op, const std::vector<Tensor>& inputs, std::span<const Way> ways, Check check)
{
    const size_t first_turn = next_turn();
    for (const Precision precision : {Precision::f32, Precision::f16})
    {
        const Expected expected = expect(op, inputs, precision);
        const Network network = one_node_network(op, expected.stored, 1);
        size_t turn = first_turn; // of the way
        for (const Way& way : ways)
        {
            for (const TestDevice& test_device : devices_from_turn(turn))
            {
                const bool has_matrices = way.choice.kernel == ConvolutionKernel::matrices &&
                                          way.choice.winograd == 0 && precision == Precision::f16 &&
                                          matrix_tile(test_device.device.vulkan()->limits());
                const bool has_halves = way.multiplies_halves && precision == Precision::f16 &&
                                        test_device.device.vulkan()->limits().has_arithmetic_f16;
                const std::string kernel = has_matrices ? "conv_matrices" : way.kernel + (has_halves ? "_halves" : "");
                INFO(test_device.name, precision == Precision::f16 ? ", f16, " : ", f32, ", kernel, ", tile ",
                     way.choice.tile, ", registers ", way.registers, ", winograd ", way.choice.winograd, ", shares ",
                     way.choice.shares);
                const Result<Program> program = plan_with_choice(test_device.device, network.graph, precision,
                                                                 way.choice, way.registers, way.multiplies_halves);
                REQUIRE_MESSAGE(program.is_ok(), program.status().message());
                const std::string kernels = kernels_of(*program);
                CHECK_MESSAGE(kernels.find(kernel) != std::string::npos, "planned ", kernels);
                if (!is_due(test_device, *program, turn, precision))
                    continue;
                const Result<ForcedRun> run =
                    run_with_choice(test_device.device, network.graph, network.inputs, precision, way.choice,
                                    way.registers, way.multiplies_halves);
                REQUIRE_MESSAGE(run.is_ok(), run.status().message());
                const std::string found = difference(run->output, expected.outputs[0], check, precision);
                CHECK_MESSAGE(found.empty(), name(op), " of ", to_string(inputs[0].shape()), ": ", found);
                count_check(test_device.name);
            }
            ++turn;
        }
    }
}

std::string refusal(const Op& op, const std::vector<Tensor>& inputs)
{
    const std::vector<TensorInfo> infos = infos_of(inputs);
    Op resolved = op;
    if (const Status status = resolve(resolved, infos); !status.is_ok())
        return status.message();
    const Result<Outputs> outputs = infer(resolved, infos);
    return outputs.is_ok() ? "" : outputs.status().message();
}

Tensor random(Shape shape, float low, float high, uint32_t seed)
{
    std::minstd_rand generator(seed * 7919 + uint32_t(shape.elements()));
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    for (float& value : values)
        value = low + (high - low) * float(generator() >> 7) * 0x1p-24f;
    return Tensor::from(shape, std::move(values));
}

Tensor random_integers(Shape shape, int64_t low, int64_t high, uint32_t seed)
{
    std::minstd_rand generator(seed * 7919 + uint32_t(shape.elements()));
    std::vector<int64_t> values(static_cast<size_t>(shape.elements()));
    for (int64_t& value : values)
        value = low + int64_t(generator() >> 3) % (high - low + 1);
    return Tensor::from_integers(shape, std::move(values));
}

Tensor random_picture(Shape shape, uint32_t seed)
{
    std::minstd_rand generator(seed * 7919 + uint32_t(shape.elements()));
    std::vector<std::byte> values(static_cast<size_t>(shape.elements()));
    for (std::byte& value : values)
        value = std::byte(generator() >> 9 & 255u);
    return Tensor::from_bytes(DType::u8, shape, std::move(values));
}

Tensor random_booleans(Shape shape, uint32_t seed)
{
    std::minstd_rand generator(seed * 7919 + uint32_t(shape.elements()));
    std::vector<std::byte> values(static_cast<size_t>(shape.elements()));
    for (std::byte& value : values)
        value = std::byte(generator() >> 9 & 1u);
    return Tensor::from_bytes(DType::boolean, shape, std::move(values));
}

Tensor ints(std::vector<int64_t> values)
{
    const int64_t count = int64_t(values.size());
    return Tensor::from_integers({count}, std::move(values));
}

} // namespace vkseg::test
