#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <limits>

/// Infinities, the largest floats and NaN in every operator that searches, compares or bounds values. In f16 the
/// reference gets what the device stores: the largest half in place of all that is larger.
namespace vkseg::test::special_values_test {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float largest = std::numeric_limits<float>::max();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

constexpr Check exact = {.is_exact = true};

/// Random values with one of `special` in place of about every `period`-th.
Tensor strewn(const Shape& shape, const std::vector<float>& special, int64_t period)
{
    std::vector<float> values = random(shape, -4, 4).to_floats();
    const std::vector<int64_t> choice =
        random_integers(shape, 0, period * int64_t(special.size()) - 1, 3).to_integers();
    for (size_t i = 0; i < values.size(); ++i)
    {
        if (choice[i] % period == 0)
            values[i] = special[size_t(choice[i] / period)];
    }
    return Tensor::from(shape, std::move(values));
}

Tensor filled(const Shape& shape, float value)
{
    return Tensor::from(shape, std::vector<float>(size_t(shape.elements()), value));
}

/// As many entries of this shape as there are ways in which special values stand: alone, among others and next to each
/// other.
Tensor specials(const Shape& entry)
{
    const std::vector<float> all = {nan, -nan, infinity, -infinity, largest, -largest};
    std::vector<Tensor> tensors = {strewn(entry, {nan, -nan}, 9), strewn(entry, all, 2), strewn(entry, all, 1)};
    for (const float value : all)
        tensors.push_back(filled(entry, value));
    tensors.push_back(strewn(entry, {-infinity, -largest}, 1));
    tensors.push_back(strewn(entry, {infinity, largest}, 1));
    std::vector<float> values;
    for (const Tensor& tensor : tensors)
        values.insert(values.end(), tensor.floats().begin(), tensor.floats().end());
    Shape shape = {int64_t(tensors.size())};
    for (const int64_t extent : entry)
        shape.append(extent);
    return Tensor::from(shape, std::move(values));
}

TEST_CASE("special values: the largest and the smallest of some are found, and NaN before all")
{
    const Tensor x = specials({5, 6, 7});
    for (const bool is_min : {false, true})
    {
        for (const int64_t axis : {1, 3})
        {
            for (const bool select_last : {false, true})
                check_op(ArgReduce{.is_min = is_min, .axis = axis, .select_last = select_last}, {x}, exact);
        }
        for (const Integers& axes : {Integers{1}, Integers{2, 3}, Integers{3}})
            check_op(Reduce{.kind = is_min ? ReduceKind::min : ReduceKind::max, .axes = axes}, {x}, exact);
        check_op(Binary{is_min ? BinaryKind::min : BinaryKind::max}, {x, random({5, 6, 7})}, exact);
        check_op(Binary{is_min ? BinaryKind::min : BinaryKind::max}, {random({7}), x}, exact);
    }
    // By workgroups, and in two launches.
    for (const float value : {nan, -infinity})
    {
        std::vector<float> values(70000, value);
        values[31337] = 1;
        const Tensor row = Tensor::from({1, 70000}, std::move(values));
        check_op(ArgReduce{.axis = 1}, {row}, exact);
        check_op(ArgReduce{.is_min = true, .axis = 1, .select_last = true}, {row}, exact);
        check_op(Reduce{.kind = ReduceKind::max, .axes = {1}}, {row}, exact);
        check_op(Reduce{.kind = ReduceKind::min, .axes = {1}}, {row}, exact);
    }
}

TEST_CASE("special values: pools find maxima among them, and their places")
{
    const Window halves = {.kernel = {2, 2}, .strides = {2, 2}};
    const Window overlapping = {.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}};
    constexpr Check both = {.outputs = 2, .is_exact = true};
    for (const Window& window : {halves, overlapping})
        check_op(Pool{.window = window}, {specials({5, 6, 8})}, both);
    check_op(Pool{.window = {.kernel = {2, 3, 2}, .strides = {2, 1, 2}}}, {specials({2, 4, 4, 6})}, both);
}

TEST_CASE("special values: softmax of masked rows")
{
    for (const bool is_log : {false, true})
    {
        for (const int64_t axis : {1, -1})
        {
            check_op(Softmax{.axis = axis, .is_log = is_log}, {specials({6, 3, 5})});
            // The mask that exporters add: rows that are masked in part keep their probabilities.
            for (const float mask : {-infinity, -largest})
                check_op(Softmax{.axis = axis, .is_log = is_log}, {strewn({2, 6, 3, 8}, {mask}, 2)}, {.terms = 8});
        }
    }
}

TEST_CASE("special values: NaN makes NaN of the row that is normalised with it")
{
    const Tensor x = strewn({7, 20}, {nan, -nan}, 40);
    for (const NormalizationKind kind : {NormalizationKind::layer, NormalizationKind::rms, NormalizationKind::l2})
        check_op(LayerNormalization{.kind = kind, .axes = {1}}, {x}, {.terms = 20});
}

TEST_CASE("special values: the log of a sum of exponentials")
{
    constexpr Check sums = {.terms = 8, .function_error = 16};
    for (const Integers& axes : {Integers{1}, Integers{2, 3}})
    {
        const Reduce op = {.kind = ReduceKind::log_sum_exp, .axes = axes};
        check_op(op, {specials({6, 3, 5})}, sums);
        for (const float value : {-infinity, -largest})
            check_op(op, {strewn({2, 6, 3, 5}, {value}, 2)}, sums);
    }
    // In two launches.
    for (const float value : {infinity, -infinity, -largest})
        check_op(Reduce{.kind = ReduceKind::log_sum_exp, .axes = {2, 3}}, {filled({1, 1, 300, 300}, value)}, sums);
}

TEST_CASE("special values: bounds and activations hand NaN on")
{
    // All functions of one value end alike; these differ in what they would make of NaN.
    const Unary exactly[] = {{UnaryKind::relu}, {UnaryKind::clip, -1, 2}, {UnaryKind::thresholded_relu, 1}};
    const Tensor all = specials({3, 5});
    for (const Unary& op : exactly)
        check_op(op, {all}, exact);
    check_op(Chain{.steps = {{.function = Unary{UnaryKind::relu}},
                             {.function = Binary{BinaryKind::min}, .constant = 3},
                             {.function = Unary{UnaryKind::clip, -1, 2}},
                             {.function = Binary{BinaryKind::max}, .operand = 1}}},
             {all, random({3, 5})}, exact);
    const Tensor x = strewn({1, 3, 4, 5}, {nan, -nan}, 3);
    for (const UnaryKind kind : {UnaryKind::sigmoid, UnaryKind::tanh, UnaryKind::erf})
        check_op(Unary{kind}, {x}, {.function_error = 64});
    for (const UnaryKind kind : {UnaryKind::sigmoid, UnaryKind::tanh, UnaryKind::hard_sigmoid})
        check_op(Chain{.steps = {{.function = Unary{kind, 0.5f, 0.5f}}}}, {x}, {.function_error = 64});
}

TEST_CASE("special values: logarithms have the limits that they have on paper")
{
    const Tensor x =
        Tensor::from({1, 4, 3, 1}, {-1, -3, -0.0f, 0, nan, -nan, infinity, -infinity, -largest, 1, 2, 0.5f});
    check_op(Unary{UnaryKind::log}, {x}, {.function_error = 2});
    check_op(Reduce{.kind = ReduceKind::log_sum, .axes = {3}}, {x}, {.function_error = 2});
    check_op(Reduce{.kind = ReduceKind::log_sum, .axes = {1, 3}}, {x}, {.function_error = 2});
}

TEST_CASE("special values: powers of and with NaN and infinities")
{
    const Tensor base = Tensor::from({12, 1}, {nan, -nan, infinity, -infinity, 0, -0.0f, 1, -1, 2, -2, 0.5f, largest});
    const Tensor exponent =
        Tensor::from({1, 16}, {2.5f, -0.5f, 0.33f, 0.5f, 3, -3, 2, 70, 71, -71, 0, nan, infinity, -infinity, 1, -1});
    check_op(Binary{.kind = BinaryKind::pow}, {base, exponent}, {.function_error = 64});
    const Tensor x = strewn({2, 5, 6, 7}, {nan, -nan, infinity, -infinity}, 9);
    for (const int64_t p : {1, 2, 3, 5})
        check_op(Pool{.kind = PoolKind::lp, .window = {.kernel = {2, 3}}, .p = p}, {x},
                 {.terms = 6, .function_error = 64});
    for (const float beta : {0.75f, 0.6f})
        check_op(Lrn{.alpha = 0.1f, .beta = beta, .size = 3}, {strewn({2, 9, 4, 5}, {nan, infinity}, 9)},
                 {.terms = 3, .function_error = 64});
}

TEST_CASE("special values: convolutions hand NaN on through the activations that they fuse")
{
    std::vector<float> values = random({1, 8, 9, 9}).to_floats();
    values[40] = nan;
    values[4 * 81 + 3] = -nan;
    const Tensor x = Tensor::from({1, 8, 9, 9}, std::move(values));
    check_op(Conv{.activation = {UnaryKind::clip, 0, 6}}, {x, random({5, 8, 1, 1})}, {.terms = 8});
    check_op(Conv{.window = {.strides = {2, 2}}, .activation = {UnaryKind::hard_sigmoid, 0.2f, 0.5f}},
             {x, random({5, 8, 3, 3})}, {.terms = 72});
    check_op(Conv{.groups = 8}, {x, random({8, 1, 3, 3})}, {.terms = 9});
}

TEST_CASE("special values: casts to integers take the nearest, and 0 for NaN")
{
    for (const DType to : {DType::i32, DType::u8, DType::boolean})
        check_op(Cast{.to = to}, {specials({3, 4, 5})}, exact);
}

TEST_CASE("special values: masks show scores without a softmax by a confidence of 0")
{
    PicturePlacement placement;
    placement.size = {22, 6};
    for (const MaskSource source : {MaskSource::logits, MaskSource::probabilities})
    {
        for (const int64_t channels : {1, 3, 6})
        {
            // The entries below each other.
            const Tensor entries = specials({2, 6, channels});
            std::vector<float> values(size_t(entries.elements()));
            for (size_t i = 0; i < values.size(); ++i)
                values[i % size_t(channels) * 132 + i / size_t(channels)] = entries.floats()[i];
            const Tensor x = Tensor::from({1, channels, 22, 6}, std::move(values));
            for (const int64_t soft_class : {-1, 0})
                check_op(TensorToMask{.placement = placement, .source = source, .soft_class = soft_class},
                         {x, random_picture({22, 6, 3})}, {.outputs = 3, .byte_error = 1});
        }
    }
}

TEST_CASE("special values: a dense CRF takes labels that are ruled out")
{
    const Tensor picture = random({1, 3, 6, 7}, 0, 255);
    for (const float value : {-infinity, -largest})
    {
        std::vector<float> unary = random({1, 3, 6, 7}).to_floats();
        for (size_t i = 0; i < unary.size(); i += 4)
            unary[i] = value;
        check_op(DenseCrf{.iterations = 2, .filter = CrfFilter::exact},
                 {Tensor::from({1, 3, 6, 7}, std::move(unary)), picture}, {.terms = 400, .half_error = 8});
    }
}

} // namespace
} // namespace vkseg::test::special_values_test
