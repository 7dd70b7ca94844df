#include "reference/evaluate.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::fold_test {
namespace {

Tensor evaluated(const Op& op, const std::vector<Tensor>& inputs, size_t output = 0)
{
    std::vector<const Tensor*> arguments;
    for (const Tensor& input : inputs)
        arguments.push_back(&input);
    Result<reference::Tensors> results = reference::evaluate(op, arguments);
    REQUIRE_MESSAGE(results.is_ok(), results.status().message());
    return results.value()[output];
}

Integers integers(const Op& op, const std::vector<Tensor>& inputs, size_t output = 0)
{
    const Tensor result = evaluated(op, inputs, output);
    CHECK(result.type() == DType::i64);
    return result.to_integers();
}

Tensor halves(Shape shape, std::vector<uint16_t> bits)
{
    const auto bytes = std::as_bytes(std::span(bits));
    return Tensor::from_bytes(DType::f16, shape, {bytes.begin(), bytes.end()});
}

std::vector<uint16_t> bits_of(const Tensor& tensor)
{
    CHECK(tensor.type() == DType::f16);
    std::vector<uint16_t> bits(size_t(tensor.elements()));
    for (size_t i = 0; i < tensor.bytes().size(); ++i)
        bits[i / 2] = uint16_t(bits[i / 2] | uint16_t(tensor.bytes()[i]) << (i % 2 * 8));
    return bits;
}

} // namespace

TEST_CASE("fold: the size of a picture is taken apart and put together")
{
    const Tensor shape = evaluated(ShapeOf{}, {random({1, 3, 32, 48})});
    CHECK(shape.to_integers() == Integers{1, 3, 32, 48});
    CHECK(integers(ShapeOf{.start = -2}, {random({1, 3, 32, 48})}) == Integers{32, 48});
    CHECK(integers(ShapeOf{.start = 1, .end = -1}, {random({1, 3, 32, 48})}) == Integers{3, 32});
    CHECK(integers(ShapeOf{.start = 3, .end = 1}, {random({1, 3, 32, 48})}).empty());
    CHECK(integers(ShapeOf{.is_size = true}, {random({2, 3})}) == Integers{6});
    CHECK(integers(Gather{}, {shape, Tensor::from_integers({}, {-1})}) == Integers{48});
    CHECK(integers(Slice{.starts = {2}, .ends = {INT64_MAX}}, {shape}) == Integers{32, 48});
    CHECK(integers(Slice{.starts = {-1}, .ends = {INT64_MIN}, .steps = {-2}}, {shape}) == Integers{48, 3});
    CHECK(integers(Concat{.axis = 0}, {ints({1, 2}), ints({}), ints({3})}) == Integers{1, 2, 3});
    CHECK(integers(Split{.axis = 0, .split = {1, 3}}, {shape}, 1) == Integers{3, 32, 48});
    CHECK(evaluated(Reshape{.kind = ReshapeKind::unsqueeze, .axes = {0}}, {Tensor::from_integers({}, {7})}).shape() ==
          Shape{1});
    CHECK(integers(Expand{.shape = {2, 2}}, {ints({1, 2})}) == Integers{1, 2, 1, 2});
    CHECK(integers(Tile{.repeats = {2}}, {ints({1, 2})}) == Integers{1, 2, 1, 2});
    CHECK(integers(Pad{.pads = {1, 2}, .value = 9}, {ints({1})}) == Integers{9, 1, 9, 9});
}

TEST_CASE("fold: empty tensors are tensors")
{
    CHECK(integers(Slice{.starts = {1}, .ends = {1}}, {ints({1, 2})}).empty());
    CHECK(evaluated(Reshape{.shape = {0, 3}, .allow_zero = true}, {Tensor::from({3, 0}, {})}).shape() == Shape{0, 3});
    CHECK(evaluated(Transpose{}, {Tensor::from({3, 0}, {})}).shape() == Shape{0, 3});
    CHECK(evaluated(Expand{.shape = {0}}, {Tensor::from({1}, {1})}).shape() == Shape{0});
    CHECK(evaluated(Tile{.repeats = {0}}, {ints({1})}).shape() == Shape{0});
    CHECK(evaluated(Gather{}, {ints({1}), ints({})}).shape() == Shape{0});
    CHECK(evaluated(Split{.axis = 0, .parts = 2}, {ints({})}, 1).shape() == Shape{0});
    CHECK(evaluated(Concat{.axis = 0}, {ints({}), ints({})}).shape() == Shape{0});
    CHECK(evaluated(Pad{.pads = {0, 2}}, {ints({})}).shape() == Shape{2});
}

TEST_CASE("fold: weights keep their type and their bits")
{
    const Tensor x = halves({2, 3}, {0x7e01, 0x0001, 2, 3, 4, 5}); // a NaN and a denormal among them
    CHECK(bits_of(evaluated(Transpose{}, {x})) == std::vector<uint16_t>{0x7e01, 3, 0x0001, 4, 2, 5});
    CHECK(bits_of(evaluated(Slice{.starts = {0}, .ends = {2}, .axes = {1}}, {x})) ==
          std::vector<uint16_t>{0x7e01, 1, 3, 4});
    CHECK(bits_of(evaluated(Concat{.axis = 0}, {x, x})).size() == 12);
    CHECK(bits_of(evaluated(Pad{.pads = {0, 0, 0, 1}, .value = 1}, {x})) ==
          std::vector<uint16_t>{0x7e01, 1, 2, 0x3c00, 3, 4, 5, 0x3c00});
    const Tensor reshaped = evaluated(Reshape{.shape = {6}}, {x});
    CHECK(reshaped.bytes().data() == x.bytes().data());
    const Tensor bytes = Tensor::from_bytes(DType::boolean, {1}, {std::byte(1)});
    CHECK(evaluated(Expand{.shape = {3}}, {bytes}).to_integers() == Integers{1, 1, 1});
    CHECK(evaluated(ConstantOfShape{.value = halves({1}, {0x7e01})}, {ints({2})}).type() == DType::f16);
}

TEST_CASE("fold: constants of a shape and ranges")
{
    CHECK(evaluated(ConstantOfShape{}, {ints({2, 2})}).to_floats() == std::vector<float>{0, 0, 0, 0});
    CHECK(integers(ConstantOfShape{.value = ints({-1})}, {ints({3})}) == Integers{-1, -1, -1});
    CHECK(evaluated(ConstantOfShape{.value = ints({5})}, {ints({})}).shape() == Shape{});
    CHECK(evaluated(ConstantOfShape{}, {ints({2, 0})}).shape() == Shape{2, 0});
    const auto scalar = [](int64_t value) { return Tensor::from_integers({}, {value}); };
    CHECK(integers(Range{}, {scalar(10), scalar(4), scalar(-2)}) == Integers{10, 8, 6});
    CHECK(integers(Range{}, {scalar(1), scalar(1), scalar(1)}).empty());
    CHECK(integers(Range{}, {scalar(INT64_MIN), scalar(INT64_MAX), scalar(INT64_MAX)}) ==
          Integers{INT64_MIN, -1, INT64_MAX - 1});
    CHECK(evaluated(Range{}, {Tensor::from({}, {1}), Tensor::from({}, {2}), Tensor::from({}, {0.25f})}).to_floats() ==
          std::vector<float>{1, 1.25f, 1.5f, 1.75f});
}

TEST_CASE("fold: refuses shapes and ranges that make no sense")
{
    const auto scalar = [](int64_t value) { return Tensor::from_integers({}, {value}); };
    CHECK(refusal(ConstantOfShape{}, {ints({-1})}) == "extents must be 0 or more, got -1");
    CHECK(refusal(ConstantOfShape{}, {ints({1 << 20, 1 << 20})}) != "");
    CHECK(refusal(ConstantOfShape{}, {ints({1, 1, 1, 1, 1, 1, 1, 1, 1})}) != "");
    CHECK(refusal(ConstantOfShape{.value = ints({1, 2})}, {ints({1})}) ==
          "value must be a single value, got a tensor of shape 2");
    CHECK(refusal(Range{}, {scalar(0), scalar(1), scalar(0)}) == "delta must not be 0");
    CHECK(refusal(Range{}, {scalar(0), scalar(INT64_MAX), scalar(1)}) == "a range must have fewer than 2^31 values");
    CHECK(refusal(Range{}, {scalar(0), Tensor::from({}, {1}), scalar(1)}) ==
          "limit must be one i64, got 1 values of f32");
    CHECK(refusal(Range{}, {scalar(0), scalar(1)}) == "input 2 is missing");
}

TEST_CASE("fold: knows what the library evaluates itself")
{
    CHECK(reference::is_foldable(Reshape{}));
    CHECK(reference::is_foldable(Reduce{}));
    CHECK_FALSE(reference::is_foldable(Conv{}));
    CHECK_FALSE(reference::is_foldable(DepthToSpace{}));
}

} // namespace vkseg::test::fold_test
