#include "support/check_op.hpp"

#include "ops/operators.hpp"
#include "reference/evaluate.hpp"
#include "support/devices.hpp"
#include "support/plan_of.hpp"
#include "vk/device.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::paste_masks_test {
namespace {

constexpr Check both = {.outputs = 2, .is_exact = true};

/// Boxes in random places, most of them inside of a picture.
Tensor random_boxes(int64_t count, float height, float width, uint32_t seed = 1)
{
    const std::vector<float> numbers = random({count, 4}, -0.2f, 1, seed).to_floats();
    std::vector<float> corners;
    for (size_t r = 0; r < size_t(count); ++r)
    {
        const float x = numbers[r * 4] * width;
        const float y = numbers[r * 4 + 1] * height;
        for (const float corner : {x, y, x + numbers[r * 4 + 2] * 0.6f * width, y + numbers[r * 4 + 3] * 0.6f * height})
            corners.push_back(corner);
    }
    return Tensor::from({count, 4}, std::move(corners));
}

Tensor mask_of_three()
{
    return Tensor::from({1, 1, 3, 3}, {0.9f, 0.2f, 0.7f, 0.4f, 0.6f, 0.8f, 0.1f, 0.95f, 0.3f});
}

} // namespace

TEST_CASE("paste_masks: pictures of any size")
{
    for (const Integers& size : {Integers{1, 1}, Integers{7, 5}, Integers{13, 31}, Integers{5, 32}, Integers{9, 33},
                                 Integers{31, 101}, Integers{3, 128}})
    {
        for (const int64_t mask : {1, 5, 28})
            check_op(PasteMasks{.size = size},
                     {random({6, 1, mask, mask}, 0, 1), random_boxes(6, float(size[0]), float(size[1])),
                      random_integers({6}, 0, 0)},
                     both);
    }
}

TEST_CASE("paste_masks: the label is the channel of the mask; those outside choose the nearest")
{
    for (const int64_t channels : {1, 3, 17})
        check_op(PasteMasks{.threshold = 0.4f, .size = {17, 43}},
                 {random({7, channels, 4, 6}, 0, 1), random_boxes(7, 17, 43), ints({0, 1, 2, 16, -1, 50, -70})}, both);
}

TEST_CASE("paste_masks: the picture's size may be a parameter")
{
    check_op(PasteMasks{}, {random({2, 1, 7, 7}, 0, 1), random_boxes(2, 20, 30), ints({0, 0}), ints({20, 30})}, both);
}

TEST_CASE("paste_masks: boxes beyond the picture, without an extent, inverted, large or not finite")
{
    constexpr float infinity = std::numeric_limits<float>::infinity();
    constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> corners = {
        3,
        4,
        3,
        4, // one pixel
        3.5f,
        4.5f,
        3.5f,
        9, // narrow
        9,
        9,
        2,
        2, // inverted
        9,
        2,
        2,
        9, // inverted in x
        -5.5f,
        -3.25f,
        4,
        6, // over the edges
        20,
        10,
        60,
        40, //
        -0.4f,
        -0.4f,
        3,
        3, // truncated towards 0
        -40,
        -40,
        -20,
        -20, // beside
        50,
        2,
        70,
        9, //
        -1000,
        -1000,
        1000,
        1000, // around the picture
        -30000,
        -60000,
        60000,
        60000, // large
        -3e5f,
        0,
        3e5f,
        10, // too large
        -3e38f,
        -3e38f,
        3e38f,
        3e38f, //
        not_a_number,
        1,
        5,
        5, //
        1,
        1,
        infinity,
        5, //
        -infinity,
        -infinity,
        infinity,
        infinity,
    };
    const auto count = int64_t(corners.size() / 4);
    check_op(PasteMasks{.size = {23, 37}},
             {random({count, 1, 6, 6}, 0.3f, 1), Tensor::from({count, 4}, corners), random_integers({count}, 0, 0)},
             both);
}

TEST_CASE("paste_masks: values that are not finite, and thresholds of any kind")
{
    std::vector<float> values = random({4, 1, 5, 5}, 0, 1).to_floats();
    values[7] = std::numeric_limits<float>::quiet_NaN();
    values[40] = std::numeric_limits<float>::quiet_NaN();
    for (const float threshold : {-1.0f, 0.0f, 0.5f, 1.0f, std::numeric_limits<float>::infinity()})
        check_op(PasteMasks{.threshold = threshold, .size = {19, 40}},
                 {Tensor::from({4, 1, 5, 5}, values), random_boxes(4, 19, 40), ints({0, 0, 0, 0})}, both);
}

TEST_CASE("paste_masks: 255 instances, and bits alone for more")
{
    const auto inputs = [](int64_t count)
    {
        return std::vector<Tensor>{random({count, 1, 4, 4}, 0, 1), random_boxes(count, 200, 300),
                                   random_integers({count}, 0, 0)};
    };
    check_op(PasteMasks{.threshold = 0.6f, .size = {40, 70}}, inputs(255), both);
    check_op(PasteMasks{.size = {40, 70}}, inputs(300), {.outputs = 1, .is_exact = true});
    check_op(PasteMasks{.size = {40, 70}}, inputs(3), {.outputs = 1, .is_exact = true});
}

TEST_CASE("paste_masks: ids alone are found in bits that no one else reads")
{
    const std::vector<Tensor> inputs = {random({29, 1, 4, 4}, 0, 1), random_boxes(29, 21, 45),
                                        random_integers({29}, 0, 0)};
    const PasteMasks op = {.size = {21, 45}};
    std::vector<const Tensor*> pointers;
    Graph graph;
    std::vector<ValueId> ids;
    std::vector<NamedTensor> named;
    for (size_t i = 0; i < inputs.size(); ++i)
    {
        pointers.push_back(&inputs[i]);
        named.push_back({"input" + std::to_string(i), inputs[i]});
        ids.push_back(graph.add_input(named[i].name, inputs[i].type(), inputs[i].shape()));
    }
    const ValueId first = graph.add_node("output", op, ids, 2);
    graph.outputs.push_back(first + 1);
    const auto expected = reference::evaluate(op, pointers);
    REQUIRE(expected.is_ok());
    // Bits in one binding, and on the last device in shares.
    std::vector<TestDevice> all = devices();
    Result<std::shared_ptr<vk::Device>> narrow = vk::Device::create(
        {.max_storage_buffer_range_bytes = 2048, .poison_memory = true, .use_pipeline_cache = false});
    REQUIRE_MESSAGE(narrow.is_ok(), narrow.status().message());
    all.push_back({.name = "bindings of 2048 bytes", .device = Device(*narrow)});
    for (const TestDevice& test_device : all)
    {
        INFO(test_device.name);
        Result<Session> session = Session::create(test_device.device, graph, {});
        REQUIRE_MESSAGE(session.is_ok(), session.status().message());
        const Result<RunResult> result = session->run(named);
        REQUIRE(result.is_ok());
        CHECK(result->outputs[0].tensor.to_integers() == (*expected)[1].to_integers());
    }
}

TEST_CASE("paste_masks: gives torchvision's pixels")
{
    struct Case
    {
        std::vector<float> box;
        std::vector<int64_t> rows;
    };
    const Case cases[] = {{{2, 1, 9.5f, 6.2f}, {0, 0, 792, 944, 992, 224, 0, 0}},
                          {{-3, -2, 4, 3}, {14, 15, 7, 0, 0, 0, 0, 0}}};
    for (const Case& given : cases)
    {
        const std::vector<Tensor> inputs = {mask_of_three(), Tensor::from({1, 4}, given.box), ints({0})};
        std::vector<const Tensor*> pointers;
        for (const Tensor& tensor : inputs)
            pointers.push_back(&tensor);
        const PasteMasks op = {.size = {8, 12}};
        const auto outputs = reference::evaluate(op, pointers);
        REQUIRE(outputs.is_ok());
        CHECK((*outputs)[0].to_integers() == given.rows);
        check_op(op, inputs, both);
    }
}

TEST_CASE("paste_masks: the windows of shares fit a binding and begin at aligned offsets")
{
    Limits limits = software_limits();
    limits.max_storage_buffer_range_bytes = 8192;
    const auto linear = [](const Shape& shape, Storage storage)
    {
        Operand operand = {.shape = shape, .storage = storage, .layout = Layout::linear, .is_present = true};
        operand.buffer_bytes = size_t(operand.elements4()) * element_bytes(storage);
        return operand;
    };
    const std::vector<Operand> inputs = {linear({40, 3, 9, 9}, Storage::f16), linear({40, 4}, Storage::f16),
                                         linear({40}, Storage::i32)};
    const std::vector<Operand> outputs = {linear({40, 17, 2}, Storage::i32), linear({17, 45}, Storage::u8)};
    const PlanRequest request = {
        .inputs = inputs, .outputs = outputs, .infos = {}, .limits = limits, .real = Storage::f16};
    const Result<Plan> planned = plan(PasteMasks{.size = {17, 45}}, request);
    REQUIRE(planned.is_ok());
    CHECK(planned->dispatches.size() == 2 * 3);
    for (const Dispatch& dispatch : planned->dispatches)
    {
        for (const Binding& binding : dispatch.bindings)
        {
            CHECK(binding.size_bytes <= limits.max_storage_buffer_range_bytes);
            CHECK(binding.offset_bytes % limits.storage_buffer_alignment_bytes == 0);
        }
    }
}

TEST_CASE("paste_masks: masks that cover the network's input are cropped to boxes")
{
    for (const PictureFit fit : {PictureFit::stretch, PictureFit::letterbox, PictureFit::letterbox_top_left})
    {
        for (const Integers& size : {Integers{1, 1}, Integers{7, 50}, Integers{64, 33}, Integers{31, 101}})
        {
            const PasteMasks op = {
                .threshold = 0.5f, .placement = PicturePlacement{.fit = fit, .size = {64, 96}}, .size = size};
            check_op(op,
                     {random({6, 2, 16, 24}, 0, 1), random_boxes(6, float(size[0]), float(size[1])),
                      random_integers({6}, 0, 1)},
                     both);
        }
    }
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Tensor odd = Tensor::from({5, 4}, {-9, -9, 99, 99, 3, 3, 3, 8, 5, 5, 2, 2, nan, 0, 4, 4, 0, 0, 1e30f, 4});
    check_op(PasteMasks{.placement = PicturePlacement{.size = {8, 8}}, .size = {20, 40}},
             {random({5, 1, 1, 1}, 0, 1), odd, random_integers({5}, 0, 0)}, both);
    CHECK(refusal(PasteMasks{.placement = PicturePlacement{.multiple_of = 0}, .size = {20, 40}},
                  {random({5, 1, 4, 4}), odd, random_integers({5}, 0, 0)})
              .find("multiple_of") != std::string::npos);
}

TEST_CASE("paste_masks: a pixel of a mask that covers the input")
{
    // A picture of 4 x 2 fills 4 x 2 of an input of 4 x 4, and half of a mask of 2 x 2, from a quarter on.
    const PasteMasks op = {
        .threshold = 0, .placement = PicturePlacement{.fit = PictureFit::letterbox, .size = {4, 4}}, .size = {2, 4}};
    const Tensor mask = Tensor::from({1, 1, 2, 2}, {-1, 1, -1, 1});
    const Tensor boxes = Tensor::from({1, 4}, {0, 0, 3, 2});
    const Tensor labels = ints({0});
    const Tensor* const inputs[] = {&mask, &boxes, &labels};
    const Result<reference::Tensors> pasted = reference::evaluate(op, inputs);
    REQUIRE(pasted.is_ok());
    CHECK((*pasted)[0].to_integers() == std::vector<int64_t>{0b0100, 0b0100}); // the box leaves out the last column
    check_op(op, {mask, boxes, labels}, both);
}

TEST_CASE("paste_masks: refuses what does not fit and says why")
{
    const PasteMasks op = {.size = {8, 8}};
    const Tensor masks = random({2, 3, 4, 4});
    const Tensor boxes = random({2, 4});
    const Tensor labels = ints({0, 1});
    CHECK(refusal(op, {random({2, 4, 4}), boxes, labels}) == "masks must be floats of shape RxKxhxw, got f32 2x4x4");
    CHECK(refusal(op, {random({2, 1, 4, 1023}), boxes, labels}) ==
          "expected at least one mask, and extents of masks from 1 to 1022, got 2x1x4x1023");
    CHECK(refusal(op, {random({0, 1, 4, 4}), random({0, 4}), ints({})}) ==
          "expected at least one mask, and extents of masks from 1 to 1022, got 0x1x4x4");
    CHECK(refusal(op, {masks, random({3, 4}), labels}) == "boxes must be floats of shape 2x4, got f32 3x4");
    CHECK(refusal(op, {masks, boxes, ints({0})}) == "labels must be integers, not bytes, of shape 2, got i64 1");
    CHECK(refusal(op, {masks, boxes, random({2})}) == "labels must be integers, not bytes, of shape 2, got f32 2");
    CHECK(refusal(op, {masks, boxes}) == "input 2 is missing");
    CHECK(refusal(PasteMasks{}, {masks, boxes, labels}) ==
          "size must be the picture's height and width, from 1 to 65536, got neither");
    CHECK(refusal(PasteMasks{}, {masks, boxes, labels, ints({0, 5})}) ==
          "size must be the picture's height and width, from 1 to 65536, got 0 x 5");
    CHECK(refusal(PasteMasks{.threshold = std::numeric_limits<float>::quiet_NaN(), .size = {8, 8}},
                  {masks, boxes, labels}) == "threshold must be a number, got NaN");
}

TEST_CASE("paste_masks: ids of more than 255 instances do not fit a byte")
{
    Operand ids = {.shape = {8, 8}, .storage = Storage::u8, .layout = Layout::linear, .is_present = true};
    const std::vector<Operand> inputs = {packed({256, 1, 4, 4}), packed({256, 4}), packed({256, 1}, Storage::i32)};
    const std::vector<Operand> outputs = {packed({256, 8, 1}, Storage::i32), ids};
    const Limits limits = software_limits();
    const PlanRequest request = {.inputs = inputs, .outputs = outputs, .infos = {}, .limits = limits};
    const Result<Plan> planned = plan(PasteMasks{.size = {8, 8}}, request);
    CHECK(planned.status().message() == "ids of instances are bytes: expected at most 255 instances, got 256");
}

} // namespace vkseg::test::paste_masks_test
