#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "vkseg/graph_builder.hpp"
#include "vkseg/session.hpp"
#include "vkseg/weights.hpp"
#include "vkseg/zoo.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

// One classifier of patches, applied to every pixel of a picture in the three ways of Long et al. 2015, section 3:
// patch by patch, with shifted inputs whose coarse outputs are stitched (section 3.2), and without strides, dilated.
namespace vkseg::test::dense_prediction_test {
namespace {

constexpr int64_t patch = 95;
constexpr int64_t stride = 16; // of the classifier as a convolution
constexpr int64_t rows = 2 * stride;
constexpr int64_t extent = patch - 1 + rows; // of the picture
constexpr int64_t classes = 3;
constexpr double width = 0.1;

/// Fully connected layers hold matrices, as classifiers are trained; networks read them as convolutions.
WeightFile weights_of_classifier()
{
    const auto named = [](const std::string& name, Shape shape, uint32_t seed)
    {
        const float spread = shape.rank() == 1 ? 0.1f : std::sqrt(6.0f * float(shape[0]) / float(shape.elements()));
        return NamedTensor{name, random(shape, -spread, spread, seed)};
    };
    WeightFile file;
    const int64_t kernels[] = {4, 5, 4, 4};
    int64_t inputs = 1;
    for (uint32_t i = 0; i < 4; ++i)
    {
        const std::string layer = "conv" + std::to_string(i + 1);
        file.tensors.push_back(named(layer + ".weight", {5, inputs, kernels[i], kernels[i]}, i + 1));
        file.tensors.push_back(named(layer + ".bias", {5}, i + 11));
        inputs = 5;
    }
    file.tensors.push_back(named("fc5.weight", {20, 5 * 3 * 3}, 21));
    file.tensors.push_back(named("fc5.bias", {20}, 22));
    file.tensors.push_back(named("fc6.weight", {classes, 20}, 23));
    file.tensors.push_back(named("fc6.bias", {classes}, 24));
    return file;
}

/// The classifier as one would train it, with fully connected layers.
Graph patch_network(int64_t patches)
{
    GraphBuilder net("patches");
    ValueId x = net.input("input", {patches, 1, patch, patch});
    size_t number = 1;
    for (const int64_t kernel : {4, 5, 4, 4})
    {
        x = net.relu(net.conv(x, "conv" + std::to_string(number++), {.channels = 5, .kernel = kernel}));
        x = net.max_pool(x);
    }
    x = net.relu(net.linear(net.reshape(x, {0, -1}), "fc5", 20));
    Result<Graph> graph = net.finish({net.linear(x, "fc6", classes)});
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    return *std::move(graph);
}

Graph zoo_network(const std::string& name, const Shape& input)
{
    Result<Graph> graph = build_network(name, {.classes = classes, .width = width, .input = input});
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    return *std::move(graph);
}

Tensor run(const Device& device, Graph graph, const Tensor& input)
{
    REQUIRE_MESSAGE(fill_weights(graph, weights_of_classifier()).is_ok(), graph.name);
    Result<Session> session = Session::create(device, std::move(graph));
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    const NamedTensor named = {"input", input};
    const Result<RunResult> result = session->run({&named, 1});
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return result->outputs[0].tensor;
}

/// Windows of `size` by `size` pixels of the picture, one a batch entry.
Tensor windows(const Tensor& picture, const std::vector<std::pair<int64_t, int64_t>>& origins, int64_t size)
{
    std::vector<float> values;
    for (const auto& [top, left] : origins)
    {
        for (int64_t row = 0; row < size; ++row)
        {
            const float* const begin = picture.floats().data() + (top + row) * extent + left;
            values.insert(values.end(), begin, begin + size);
        }
    }
    return Tensor::from({int64_t(origins.size()), 1, size, size}, std::move(values));
}

float at(const Tensor& scores, int64_t label, int64_t row, int64_t column)
{
    return scores.floats()[size_t((label * rows + row) * rows + column)];
}

} // namespace

TEST_CASE("zoo: patch by patch, shift-and-stitch and the dense network classify all pixels alike")
{
    const Tensor picture = random({1, 1, extent, extent}, -1, 1, 5);
    for (const TestDevice& device : devices_of_turn(0))
    {
        const Tensor dense = run(device.device, zoo_network("patch-classifier-dense", {1, 1, extent, extent}), picture);
        REQUIRE(dense.shape() == Shape{1, classes, rows, rows});
        const auto [least, most] = std::minmax_element(dense.floats().begin(), dense.floats().end());
        const float allowed = 1e-5f * (*most - *least);
        REQUIRE(allowed > 1e-6f);

        std::vector<std::pair<int64_t, int64_t>> pixels;
        for (int64_t i = 0; i < 24; ++i)
            pixels.emplace_back(7 * i % rows, 11 * i % rows);
        const Tensor single =
            run(device.device, patch_network(int64_t(pixels.size())), windows(picture, pixels, patch));
        float patch_error = 0;
        for (size_t i = 0; i < pixels.size(); ++i)
        {
            for (int64_t label = 0; label < classes; ++label)
                patch_error = std::max(patch_error, std::abs(single.floats()[i * classes + size_t(label)] -
                                                             at(dense, label, pixels[i].first, pixels[i].second)));
        }
        CHECK_MESSAGE(patch_error <= allowed, device.name << ": patches differ by " << patch_error);

        // Every shift gives two by two of the outputs, a stride apart.
        std::vector<std::pair<int64_t, int64_t>> shifts;
        for (int64_t i = 0; i < stride * stride; ++i)
            shifts.emplace_back(i / stride, i % stride);
        constexpr int64_t size = patch + stride;
        const Tensor coarse = run(device.device, zoo_network("patch-classifier", {stride * stride, 1, size, size}),
                                  windows(picture, shifts, size));
        REQUIRE(coarse.shape() == Shape{stride * stride, classes, 2, 2});
        float stitch_error = 0;
        for (int64_t i = 0; i < coarse.elements(); ++i)
        {
            const auto [top, left] = shifts[size_t(i / (classes * 4))];
            const float stitched = at(dense, i / 4 % classes, top + i / 2 % 2 * stride, left + i % 2 * stride);
            stitch_error = std::max(stitch_error, std::abs(coarse.floats()[size_t(i)] - stitched));
        }
        CHECK_MESSAGE(stitch_error <= allowed, device.name << ": stitched outputs differ by " << stitch_error);
        count_check(device.name);
    }
}

} // namespace vkseg::test::dense_prediction_test
