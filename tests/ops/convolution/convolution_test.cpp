#include "reference/evaluate.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/forced_choice.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <cmath>

/// Convolutions of which a tensor or the weights are larger than what the device binds at a time.
namespace vkseg::test::convolution_test {
namespace {

constexpr size_t binding_bytes = size_t(1) << 17;

std::vector<Device> devices_with_small_bindings()
{
    std::vector<Device> found;
    const Result<std::vector<DeviceDescription>> descriptions = list_devices();
    REQUIRE(descriptions.is_ok());
    for (size_t i = 0; i < descriptions->size(); ++i)
    {
        const Result<Device> device = Device::create({.select = std::to_string(i),
                                                      .max_binding_bytes = binding_bytes,
                                                      .poison_memory = true,
                                                      .use_pipeline_cache = false});
        if (device.is_ok())
            found.push_back(*device);
    }
    return found;
}

/// A graph of nodes in a row, each with constant weights and, where it takes one, the graph's second input.
struct Chain
{
    Graph graph;
    std::vector<Tensor> weights;
    ValueId last = 0;

    explicit Chain(const Shape& x) { last = graph.add_input("x", DType::f32, x); }
    void add(const Op& op, const Shape& shape, std::vector<ValueId> more = {})
    {
        const float scale = float(1 / std::sqrt(double(shape.elements() / shape[0])));
        std::vector<ValueId> inputs = {last, graph.add_constant("weights", random(shape, -scale, scale, 2))};
        inputs.insert(inputs.end(), more.begin(), more.end());
        last = graph.add_node("node" + std::to_string(graph.nodes.size()), op, inputs);
    }
};

Result<Tensor> run(const Device& device, const Chain& chain, const std::vector<NamedTensor>& inputs)
{
    Graph graph = chain.graph;
    graph.outputs = {chain.last};
    Result<Session> session = Session::create(device, graph);
    if (!session.is_ok())
        return session.status();
    const Result<RunResult> result = session->run(inputs);
    if (!result.is_ok())
        return result.status();
    return result->outputs[0].tensor;
}

Result<Tensor> run_chosen(const Device& device, const Chain& chain, const std::vector<NamedTensor>& inputs, int shares,
                          const char* kernel)
{
    Graph graph = chain.graph;
    graph.outputs = {chain.last};
    Result<ForcedRun> result =
        run_with_choice(device, graph, inputs, Precision::f32, {.kernel = ConvolutionKernel::shared, .shares = shares});
    if (!result.is_ok())
        return result.status();
    CHECK(result->kernels.find(kernel) != std::string::npos);
    return std::move(result->output);
}

/// The same from shared memory.
Result<Tensor> run_shared(const Device& device, const Chain& chain, const std::vector<NamedTensor>& inputs)
{
    return run_chosen(device, chain, inputs, 1, "conv_shared");
}

/// The same in shares of the depth.
Result<Tensor> run_in_shares(const Device& device, const Chain& chain, const std::vector<NamedTensor>& inputs)
{
    return run_chosen(device, chain, inputs, 3, "conv_partial_sums");
}

/// The same by the reference, node after node.
Tensor expected(const Chain& chain, const std::vector<NamedTensor>& inputs)
{
    std::vector<Tensor> values(chain.graph.values.size());
    for (size_t i = 0; i < inputs.size(); ++i)
        values[chain.graph.inputs[i]] = inputs[i].tensor;
    for (const Node& node : chain.graph.nodes)
    {
        std::vector<const Tensor*> arguments;
        for (const ValueId id : node.inputs)
            arguments.push_back(chain.graph.values[id].constant ? &*chain.graph.values[id].constant : &values[id]);
        const Result<reference::Tensors> result = reference::evaluate(node.op, arguments);
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        values[node.outputs[0]] = result->front();
    }
    return values[chain.last];
}

double largest_difference(const Tensor& a, const Tensor& b)
{
    REQUIRE(a.shape() == b.shape());
    double largest = 0;
    for (int64_t i = 0; i < a.elements(); ++i)
        largest = std::max(largest, std::abs(double(a.floats()[size_t(i)]) - double(b.floats()[size_t(i)])));
    return largest;
}

} // namespace

TEST_CASE("conv: weights larger than a binding are read in windows")
{
    Chain chain({2, 70, 4, 5});
    chain.add(Conv{}, {530, 70, 1, 1});
    chain.add(ConvTranspose{.window = {.strides = {1, 2}}}, {530, 30, 2, 2});
    const std::vector<NamedTensor> inputs = {{"x", random({2, 70, 4, 5})}};
    for (const Device& device : devices_with_small_bindings())
    {
        for (const auto& way : {run, run_shared, run_in_shares})
        {
            const Result<Tensor> result = way(device, chain, inputs);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            CHECK(largest_difference(*result, expected(chain, inputs)) < 1e-4);
        }
    }
}

TEST_CASE("conv: volumes' weights larger than a binding are read in windows")
{
    Chain chain({2, 18, 2, 3, 4});
    chain.add(Conv{.window = {.pads = {1, 1, 0, 1, 1, 1}}}, {70, 18, 3, 3, 2});
    chain.add(ConvTranspose{.window = {.strides = {2, 1, 2}}}, {70, 67, 2, 2, 2});
    const std::vector<NamedTensor> inputs = {{"x", random({2, 18, 2, 3, 4})}};
    for (const Device& device : devices_with_small_bindings())
    {
        const Result<Tensor> result = run(device, chain, inputs);
        REQUIRE_MESSAGE(result.is_ok(), result.status().message());
        CHECK(largest_difference(*result, expected(chain, inputs)) < 1e-4);
    }
}

TEST_CASE("conv: volumes larger than a binding are written in windows")
{
    for (const int64_t batch : {1, 2})
    {
        Chain chain({batch, 6, 5, 12, 11});
        chain.add(Conv{.window = {.pads = {1, 1, 1, 1, 1, 1}}, .activation = {UnaryKind::relu}}, {83, 6, 3, 3, 3});
        chain.last =
            chain.graph.add_node("pool", Pool{.window = {.kernel = {2, 2, 2}, .strides = {2, 2, 2}}}, {chain.last});
        chain.add(ConvTranspose{.window = {.strides = {2, 2, 2}}}, {83, 90, 2, 2, 2});
        chain.last =
            chain.graph.add_node("pool", Pool{.window = {.kernel = {2, 2, 2}, .strides = {2, 2, 2}}}, {chain.last});
        const std::vector<NamedTensor> inputs = {{"x", random({batch, 6, 5, 12, 11})}};
        for (const Device& device : devices_with_small_bindings())
        {
            const Result<Tensor> result = run(device, chain, inputs);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            CHECK(largest_difference(*result, expected(chain, inputs)) < 1e-4);
        }
    }
}

TEST_CASE("conv: outputs larger than a binding are written in windows, where they can be read again")
{
    for (const int64_t batch : {1, 2})
    {
        Chain chain({batch, 6, 31, 33});
        chain.add(Conv{.window = {.pads = {1, 1, 1, 1}}}, {83, 6, 3, 3});
        const ValueId first = chain.last;
        chain.add(Conv{.groups = 83, .has_residual = true}, {83, 1, 1, 1}, {first});
        chain.add(Conv{.window = {.strides = {2, 2}}}, {5, 83, 1, 1});
        const std::vector<NamedTensor> inputs = {{"x", random({batch, 6, 31, 33})}};
        for (const Device& device : devices_with_small_bindings())
        {
            const Result<Tensor> result = run(device, chain, inputs);
            if (result.is_ok())
                CHECK(largest_difference(*result, expected(chain, inputs)) < 1e-4);
            else
                CHECK(result.status().message().find("the device binds at most") != std::string::npos);
        }
    }
}

TEST_CASE("conv: outputs larger than a binding are written in windows from shared memory too")
{
    for (const int64_t batch : {1, 2})
    {
        Chain chain({batch, 6, 20, 19});
        chain.add(Conv{.window = {.pads = {1, 1, 1, 1}}}, {150, 6, 3, 3});
        chain.last = chain.graph.add_node("pool", Pool{.window = {.kernel = {2, 2}, .strides = {2, 2}}}, {chain.last});
        const std::vector<NamedTensor> inputs = {{"x", random({batch, 6, 20, 19})}};
        for (const Device& device : devices_with_small_bindings())
        {
            for (const auto& way : {run_shared, run_in_shares})
            {
                const Result<Tensor> result = way(device, chain, inputs);
                REQUIRE_MESSAGE(result.is_ok(), result.status().message());
                CHECK(largest_difference(*result, expected(chain, inputs)) < 1e-4);
            }
        }
    }
}

} // namespace vkseg::test::convolution_test
