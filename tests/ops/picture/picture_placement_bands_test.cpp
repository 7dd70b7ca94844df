#include "support/check_op.hpp"
#include "support/devices.hpp"

#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>

/// Pictures and masks that are larger than what the device binds at a time.
namespace vkseg::test::picture_placement_bands_test {
namespace {

/// The same driver twice: with bindings that hold the tensors, and with some that do not.
struct DevicePair
{
    std::string name;
    Device large;
    Device small;
};

std::vector<DevicePair> device_pairs(size_t binding_bytes)
{
    std::vector<DevicePair> pairs;
    for (const TestDevice& device : devices())
    {
        if (device.name.find("minimum limits") != std::string::npos)
            continue;
        const Result<Device> small = Device::create({.select = device.device.description().name,
                                                     .max_binding_bytes = binding_bytes,
                                                     .poison_memory = true,
                                                     .use_pipeline_cache = false});
        REQUIRE_MESSAGE(small.is_ok(), small.status().message());
        pairs.push_back({device.name, device.device, *small});
    }
    return pairs;
}

struct Case
{
    Graph graph;
    std::vector<NamedTensor> inputs;
};

Case case_of(const Op& op, const std::vector<Tensor>& inputs, size_t outputs)
{
    Case result;
    std::vector<ValueId> ids;
    for (size_t i = 0; i < inputs.size(); ++i)
    {
        const std::string name = "input" + std::to_string(i);
        ids.push_back(result.graph.add_input(name, inputs[i].type(), inputs[i].shape()));
        result.inputs.push_back({name, inputs[i]});
    }
    const ValueId first = result.graph.add_node("node", op, ids, outputs);
    for (size_t i = 0; i < outputs; ++i)
        result.graph.outputs.push_back(first + ValueId(i));
    return result;
}

std::vector<NamedTensor> run(const Device& device, const Case& one, Precision precision)
{
    Result<Session> session = Session::create(device, one.graph, {.precision = precision});
    REQUIRE_MESSAGE(session.is_ok(), session.status().message());
    Result<RunResult> result = session->run(one.inputs);
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return result->outputs;
}

void check_same_bits(const std::vector<DevicePair>& pairs, const Op& op, const std::vector<Tensor>& inputs,
                     size_t outputs = 1)
{
    const Case one = case_of(op, inputs, outputs);
    for (const DevicePair& pair : pairs)
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            INFO(pair.name, precision == Precision::f16 ? ", f16, " : ", f32, ", to_string(inputs.back().shape()));
            const std::vector<NamedTensor> whole = run(pair.large, one, precision);
            const std::vector<NamedTensor> banded = run(pair.small, one, precision);
            for (size_t i = 0; i < outputs; ++i)
            {
                const auto a = whole[i].tensor.bytes();
                const auto b = banded[i].tensor.bytes();
                CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
            }
        }
    }
}

PicturePlacement placement(PictureFit fit, int64_t height, int64_t width)
{
    PicturePlacement placement;
    placement.fit = fit;
    placement.size = {height, width};
    return placement;
}

constexpr PictureFit fits[] = {PictureFit::stretch, PictureFit::letterbox, PictureFit::letterbox_top_left};

} // namespace

TEST_CASE("picture_placement_bands: a picture larger than a binding is resized with the same bits")
{
    const std::vector<DevicePair> pairs = device_pairs(4096);
    for (const int64_t channels : {1, 3, 4})
    {
        for (const PictureFit fit : fits)
        {
            for (const bool antialias : {false, true})
            {
                const PictureToTensor op = {.placement = placement(fit, 12, 15),
                                            .order = channels == 1 ? ChannelOrder::grey : ChannelOrder::bgr,
                                            .antialias = antialias};
                check_same_bits(pairs, op, {random_picture({101, 97, channels})});
            }
        }
    }
    // Enlarged along one side, and one row that all slices make.
    check_same_bits(pairs, PictureToTensor{.placement = placement(PictureFit::stretch, 60, 2)},
                    {random_picture({41, 171, 3})});
    check_same_bits(pairs, PictureToTensor{.placement = placement(PictureFit::stretch, 1, 3)},
                    {random_picture({64, 171, 3})});
}

TEST_CASE("picture_placement_bands: masks larger than a binding have the same bits")
{
    const std::vector<DevicePair> pairs = device_pairs(4096);
    for (const PictureFit fit : fits)
    {
        // Sides that share no factor with words and bands.
        const Tensor picture = random_picture({67, 73, 1});
        check_same_bits(pairs, TensorToMask{.placement = placement(fit, 9, 7)}, {random({1, 5, 9, 7}, -4, 4), picture},
                        3);
        check_same_bits(pairs, TensorToMask{.placement = placement(fit, 9, 7), .soft_class = 1},
                        {random({1, 1, 9, 7}, -4, 4), picture}, 3);
        std::vector<float> labels;
        for (int i = 0; i < 63; ++i)
            labels.push_back(float(i * 5 % 256));
        check_same_bits(pairs, TensorToMask{.placement = placement(fit, 9, 7), .source = MaskSource::labels},
                        {Tensor::from({1, 1, 9, 7}, labels), picture}, 2);
    }
}

TEST_CASE("picture_placement_bands: a filter of more taps than the loops of a device turn is exact")
{
    check_op(PictureToTensor{.placement = placement(PictureFit::stretch, 2, 2)}, {random_picture({600, 600, 3})},
             {.terms = 600 * 600});
}

TEST_CASE("picture_placement_bands: a row larger than a binding is refused with sizes")
{
    const std::vector<DevicePair> pairs = device_pairs(4096);
    const Case one =
        case_of(PictureToTensor{.placement = placement(PictureFit::stretch, 4, 4)}, {random_picture({2, 2000, 3})}, 1);
    Result<Session> session = Session::create(pairs[0].small, one.graph);
    REQUIRE(session.is_ok());
    CHECK(session->run(one.inputs).status().message() ==
          "node 'node' (PictureToTensor): picture 2x2000x3 takes 12000 bytes, but the device binds at most 4096 at a "
          "time; use a smaller input");
}

} // namespace vkseg::test::picture_placement_bands_test
