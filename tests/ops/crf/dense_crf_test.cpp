#include "support/check_op.hpp"

#include "reference/evaluate.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "support/pairwise.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace vkseg::test::dense_crf_test {
namespace {

/// Of probabilities 1e-4, and a unit in the last place of halves.
constexpr Check near_enough = {.terms = 40000, .function_error = 500};

/// A picture whose left part is dark and whose right part is bright, with noise.
Tensor two_sided_picture(int64_t height, int64_t width)
{
    std::vector<float> values = random({1, 3, height, width}, -20, 20).to_floats();
    for (size_t i = 0; i < values.size(); ++i)
        values[i] = float(int(values[i] + (int64_t(i) % width < width / 2 ? 40 : 180)));
    return Tensor::from({1, 3, height, width}, std::move(values));
}

std::vector<Tensor> inputs_of(int64_t labels, int64_t height, int64_t width)
{
    return {random({1, labels, height, width}, -2, 2), two_sided_picture(height, width)};
}

/// With matrices as CRF-RNN learns them: near a multiple of one, and of minus one.
std::vector<Tensor> inputs_with_matrices(int64_t labels, int64_t height, int64_t width)
{
    std::vector<Tensor> inputs = inputs_of(labels, height, width);
    uint32_t seed = 5;
    for (const float diagonal : {3.0f, 5.0f, -1.0f})
    {
        std::vector<float> values = random({labels, labels}, -0.2f, 0.2f, seed++).to_floats();
        for (size_t i = 0; i < size_t(labels); ++i)
            values[i * size_t(labels) + i] += diagonal;
        inputs.push_back(Tensor::from({labels, labels}, std::move(values)));
    }
    return inputs;
}

std::vector<float> reference_of(const DenseCrf& op, const std::vector<Tensor>& inputs)
{
    std::vector<const Tensor*> arguments;
    for (const Tensor& input : inputs)
        arguments.push_back(&input);
    Result<reference::Tensors> outputs = reference::evaluate(op, arguments);
    REQUIRE_MESSAGE(outputs.is_ok(), outputs.status().message());
    return outputs->front().to_floats();
}

Session session_of(const TestDevice& device, const DenseCrf& op, const Shape& unary)
{
    Graph graph;
    const ValueId logits = graph.add_input("unary", DType::f32, unary);
    const ValueId picture = graph.add_input("picture", DType::f32, {1, 3, unary[2], unary[3]});
    graph.outputs = {graph.add_node("crf", op, {logits, picture})};
    Result<Session> session = Session::create(device.device, std::move(graph));
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    return std::move(session).value();
}

std::vector<float> run(Session& session, const std::vector<Tensor>& inputs)
{
    const NamedTensor named[] = {{"unary", inputs[0]}, {"picture", inputs[1]}};
    const Result<RunResult> result = session.run(named);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return result->outputs[0].tensor.to_floats();
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b)
{
    double largest = 0;
    for (size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, std::abs(double(a[i]) - double(b[i])));
    return largest;
}

} // namespace

TEST_CASE("dense_crf: agrees with the reference by either filter, of any number of labels and any shape")
{
    for (const auto& [labels, size, filter, normalization] : pairwise<int64_t, Shape, CrfFilter, CrfNormalization>(
             {1, 2, 3, 5, 21}, {{1, 1}, {1, 7}, {5, 3}, {17, 33}}, {CrfFilter::exact, CrfFilter::lattice},
             {CrfNormalization::symmetric, CrfNormalization::after}))
        check_op(DenseCrf{.iterations = 3, .normalization = normalization, .filter = filter},
                 inputs_of(labels, size[0], size[1]), near_enough);
}

TEST_CASE("dense_crf: agrees with the reference with matrices for weights and compatibility")
{
    for (const auto& [labels, filter, gives_logits] :
         pairwise<int64_t, CrfFilter, bool>({1, 3, 4, 21}, {CrfFilter::exact, CrfFilter::lattice}, {false, true}))
        check_op(DenseCrf{.iterations = 2,
                          .bilateral_sxy = 160,
                          .bilateral_srgb = 3,
                          .normalization = CrfNormalization::after,
                          .filter = filter,
                          .gives_logits = gives_logits},
                 inputs_with_matrices(labels, 9, 11), near_enough);
}

TEST_CASE("dense_crf: agrees with the reference by the kernels for few registers")
{
    const Way ways[] = {{.kernel = "dense_crf_update_recomputed", .registers = 44},
                        {.kernel = "dense_crf_spatial_4", .registers = 44}};
    for (const float deviation : {0.5f, 3.0f, 40.0f})
        check_ways(DenseCrf{.iterations = 2, .gaussian_sxy = deviation}, inputs_of(21, 13, 6), ways, near_enough);
    check_ways(DenseCrf{.iterations = 2, .gives_logits = true}, inputs_with_matrices(13, 9, 11), ways, near_enough);
}

TEST_CASE("dense_crf: agrees with the reference with other parameters")
{
    for (const CrfFilter filter : {CrfFilter::exact, CrfFilter::lattice})
    {
        // From a reach of one pixel to one beyond the picture; keys of one and of two words.
        for (const float deviation : {0.5f, 3.0f, 40.0f})
            check_op(DenseCrf{.iterations = 2,
                              .gaussian_sxy = deviation,
                              .gaussian_compat = 1.5f,
                              .bilateral_sxy = 2 * deviation,
                              .bilateral_srgb = deviation,
                              .bilateral_compat = 4,
                              .filter = filter},
                     inputs_of(3, 13, 6), near_enough);
        for (const int64_t iterations : {0, 1, 10})
            check_op(DenseCrf{.iterations = iterations, .filter = filter}, inputs_of(2, 6, 13), near_enough);
    }
}

TEST_CASE("dense_crf: colours beyond 0 to 255 are cut off")
{
    for (const CrfFilter filter : {CrfFilter::exact, CrfFilter::lattice})
        check_op(DenseCrf{.iterations = 2, .filter = filter},
                 {random({1, 2, 6, 7}, -2, 2), random({1, 3, 6, 7}, -2000, 2000)}, near_enough);
}

TEST_CASE("dense_crf: pixels of one colour, which all give to the same few vertices of the lattice, are summed up")
{
    // More of them than llvmpipe lets loops turn (Limits::max_loop_turns).
    constexpr int64_t side = 260;
    const Tensor picture = Tensor::from({1, 3, side, side}, std::vector<float>(3 * side * side, 90));
    check_op(DenseCrf{.iterations = 1, .bilateral_sxy = 400, .filter = CrfFilter::lattice},
             {random({1, 2, side, side}, -2, 2), picture}, near_enough);
}

TEST_CASE("dense_crf: is within 1e-3 of sums over all pairs of a small picture")
{
    for (const Shape& size : {Shape{32, 32}, Shape{25, 45}})
    {
        const std::vector<Tensor> inputs = inputs_of(21, size[0], size[1]);
        const std::vector<float> expected = reference_of({.filter = CrfFilter::exact}, inputs);
        for (const TestDevice& device : devices_of_turn(next_turn()))
        {
            Session session = session_of(device, {}, inputs[0].shape());
            CHECK_MESSAGE(largest_difference(run(session, inputs), expected) < 1e-3, device.name);
        }
    }
}

TEST_CASE("dense_crf: the lattice stays near sums over all pairs")
{
    // Smooth shades that meet in an edge, of which no label is sure.
    constexpr int64_t height = 48, width = 64, labels = 5;
    constexpr size_t pixels = height * width;
    std::vector<float> picture(3 * pixels);
    std::vector<float> logits(labels * pixels);
    const auto wave = [](size_t i, double down, double right)
    { return std::sin(down * double(i % pixels / width) + right * double(i % width)); };
    for (size_t i = 0; i < picture.size(); ++i)
        picture[i] = float(110 + 60 * wave(i, 0.09 + 0.02 * double(i / pixels), 0.05) + (i % width < 30 ? 0 : 60));
    for (size_t i = 0; i < logits.size(); ++i)
        logits[i] = float(0.7 * wave(i, 0.1 * double(i / pixels), 0.13));
    const std::vector<Tensor> inputs = {Tensor::from({1, labels, height, width}, logits),
                                        Tensor::from({1, 3, height, width}, picture)};

    const auto label_of = [](const std::vector<float>& values, size_t pixel)
    {
        size_t best = 0;
        for (size_t l = 1; l < labels; ++l)
            best = values[l * pixels + pixel] > values[best * pixels + pixel] ? l : best;
        return best;
    };
    for (const int64_t iterations : {1, 5})
    {
        const std::vector<float> exact = reference_of({.iterations = iterations, .filter = CrfFilter::exact}, inputs);
        Session session =
            session_of(devices()[0], {.iterations = iterations, .filter = CrfFilter::lattice}, inputs[0].shape());
        const std::vector<float> approximate = run(session, inputs);
        double sum = 0;
        size_t agreeing = 0;
        for (size_t i = 0; i < exact.size(); ++i)
            sum += std::abs(double(exact[i]) - double(approximate[i]));
        for (size_t pixel = 0; pixel < pixels; ++pixel)
            agreeing += label_of(exact, pixel) == label_of(approximate, pixel);
        const double mean = sum / double(exact.size());
        // Measured: 0.0044 and 97.9 % after one step, 0.016 and 96.2 % after five.
        CHECK(mean < (iterations == 1 ? 0.006 : 0.02));
        CHECK(double(agreeing) / double(pixels) > (iterations == 1 ? 0.97 : 0.955));
        if (iterations == 1)
            CHECK(largest_difference(exact, approximate) < 0.05);
    }
}

TEST_CASE("dense_crf: gives the same bits in every run and every session")
{
    for (const int64_t side : {20, 80}) // by both filters
    {
        const std::vector<Tensor> inputs = inputs_of(6, side, side);
        for (const TestDevice& device : devices_of_turn(next_turn()))
        {
            Session session = session_of(device, {.iterations = 2}, inputs[0].shape());
            Session other = session_of(device, {.iterations = 2}, inputs[0].shape());
            const std::vector<float> first = run(session, inputs);
            const std::vector<float> second = run(session, inputs);
            const std::vector<float> third = run(other, inputs);
            CHECK_MESSAGE(first == second, device.name);
            CHECK_MESSAGE(first == third, device.name);
        }
    }
}

TEST_CASE("dense_crf: labels follow the edges of the picture")
{
    // What is known is blurred over a third of the width, and wrong at one pixel in nine.
    constexpr int64_t side = 90;
    std::vector<float> logits(2 * side * side);
    for (size_t i = 0; i < size_t(side * side); ++i)
    {
        const float slope = (float(i % side) - 52.0f) / 15;
        const float value = std::clamp(slope, -1.0f, 1.0f) * (i % 9 == 0 ? -1.0f : 1.0f);
        logits[i] = -value;
        logits[size_t(side * side) + i] = value;
    }
    const std::vector<Tensor> inputs = {Tensor::from({1, 2, side, side}, logits), two_sided_picture(side, side)};
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        Session session = session_of(device, {}, inputs[0].shape());
        const std::vector<float> probabilities = run(session, inputs);
        size_t wrong = 0;
        for (size_t i = 0; i < size_t(side * side); ++i)
            wrong += (probabilities[size_t(side * side) + i] > 0.5f) != (i % side >= side / 2);
        CHECK_MESSAGE(wrong < size_t(side * side) / 100, device.name, ": ", wrong);
    }
}

TEST_CASE("dense_crf: refuses what does not fit and says why")
{
    const Tensor unary = random({1, 3, 4, 5});
    const Tensor picture = random({1, 3, 4, 5});
    const Tensor matrix = random({3, 3});
    CHECK(refusal(DenseCrf{}, {random({2, 3, 4, 5}), picture}) ==
          "unary must be floats of shape 1xCxHxW, got f32 2x3x4x5");
    CHECK(refusal(DenseCrf{}, {unary, random({1, 3, 4, 4})}) ==
          "picture must be floats of shape 1x3x4x5, got f32 1x3x4x4");
    CHECK(refusal(DenseCrf{}, {random({1, 257, 1, 1}), random({1, 3, 1, 1})}) ==
          "expected at most 256 labels, got 257");
    CHECK(refusal(DenseCrf{.iterations = -1}, {unary, picture}) == "iterations must be 0 to 1000, got -1");
    CHECK(refusal(DenseCrf{.gaussian_sxy = 0}, {unary, picture}) ==
          "gaussian_sxy must be greater than 0, got 0.000000");
    CHECK(refusal(DenseCrf{.bilateral_compat = NAN}, {unary, picture}) ==
          "gaussian_compat and bilateral_compat must be finite");
    CHECK(refusal(DenseCrf{.bilateral_srgb = 0.01f, .filter = CrfFilter::lattice}, {unary, picture})
              .find("too small for a picture of 4x5") != std::string::npos);
    CHECK(refusal(DenseCrf{}, {unary, picture, matrix}) ==
          "spatial weights, bilateral weights and compatibility must be given together or not at all");
    CHECK(refusal(DenseCrf{}, {unary, picture, matrix, random({3, 4}), matrix}) ==
          "bilateral weights must be floats of shape 3x3, got f32 3x4");
}

} // namespace vkseg::test::dense_crf_test
