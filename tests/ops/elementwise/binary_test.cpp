#include "reference/evaluate.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace vkseg::test::binary_test {
namespace {

constexpr BinaryKind comparisons[] = {BinaryKind::equal, BinaryKind::greater, BinaryKind::greater_or_equal,
                                      BinaryKind::less, BinaryKind::less_or_equal};

struct Shapes
{
    Shape a;
    Shape b;
};

const Shapes broadcasts[] = {
    {{}, {}},
    {{1, 5, 3, 7}, {}},
    {{1, 5, 3, 7}, {1}},
    {{5}, {3, 1}},
    {{7}, {7}},
    {{2, 3}, {3}},
    {{2, 5, 3, 7}, {2, 5, 3, 7}},
    {{2, 5, 3, 7}, {1, 5, 1, 1}}, // scale of channels
    {{2, 5, 3, 7}, {5, 1, 1}},
    {{2, 5, 3, 7}, {2, 5, 1, 1}}, // squeeze and excitation
    {{2, 8, 3, 7}, {2, 8, 1, 1}},
    {{2, 8, 3, 7}, {2, 1, 3, 7}}, // attention map
    {{1, 21, 3, 7}, {1, 1, 3, 7}},
    {{1, 1, 3, 7}, {1, 21, 3, 7}},
    {{2, 5, 3, 7}, {7}},
    {{2, 5, 3, 7}, {3, 1}},
    {{2, 5, 1, 7}, {1, 1, 3, 1}},
    {{2, 1, 3, 1}, {1, 17, 1, 7}},
    {{2, 5, 3, 1}, {2, 5, 3, 1}},
    {{2, 4, 1, 1}, {2, 4, 1, 1}},
    {{2, 5, 7}, {2, 1, 7}},
    {{2, 3, 2, 3, 5}, {1, 3, 2, 3, 1}},
    {{2, 3, 2, 3, 5}, {1, 3, 1, 1, 5}},
    {{2, 3, 2, 3, 5}, {1, 3, 2, 1, 5}}, // depth without height: linear
    {{2, 3, 4, 1, 3, 5}, {1, 3, 1, 2, 1, 5}},
    {{2, 1, 2, 1, 2, 1}, {1, 3, 1, 3, 1, 3}}, // no two axes merge
    {{1, 17, 31, 37}, {1, 17, 31, 37}},
    {{1, 17, 3, 2, 5}, {17, 1, 1, 1}},
    {{2, 5, 2, 3, 7}, {2, 1, 2, 3, 7}},
    {{2, 5, 2, 3, 7}, {2, 5, 2, 3, 7}},
};

Tensor cast(const Tensor& tensor, DType type)
{
    std::vector<std::byte> bytes;
    for (const int64_t value : tensor.to_integers())
    {
        for (size_t byte = 0; byte < size_bytes(type); ++byte)
            bytes.push_back(std::byte(uint64_t(value) >> (8 * byte)));
    }
    return Tensor::from_bytes(type, tensor.shape(), std::move(bytes));
}

} // namespace

TEST_CASE("binary: every broadcast")
{
    for (const Shapes& shapes : broadcasts)
        check_op(Binary{.kind = BinaryKind::sub}, {random(shapes.a, -1, 1, 1), random(shapes.b, -1, 1, 2)});
}

TEST_CASE("binary: comparisons under broadcasts")
{
    for (const Shapes& shapes : {broadcasts[7], broadcasts[11], broadcasts[16], broadcasts[24]})
        check_op(Binary{.kind = BinaryKind::less}, {random(shapes.a, -1, 1, 1), random(shapes.b, -1, 1, 2)},
                 {.is_exact = true});
}

TEST_CASE("binary: arithmetic of floats")
{
    const Tensor a = random({1, 5, 3, 7}, -3, 3, 1);
    const Tensor b = random({1, 5, 3, 7}, -3, 3, 2);
    for (const BinaryKind kind :
         {BinaryKind::add, BinaryKind::mul, BinaryKind::min, BinaryKind::max, BinaryKind::prelu})
        check_op(Binary{.kind = kind}, {a, b});
    check_op(Binary{.kind = BinaryKind::prelu}, {a, random({5, 1, 1}, 0, 1)});
    const Tensor divisors = random({5, 1, 1}, 0.5f, 3);
    check_op(Binary{.kind = BinaryKind::div}, {a, divisors});
    check_op(Binary{.kind = BinaryKind::div}, {a, random({1, 5, 3, 7}, -3, -0.5f)});
}

TEST_CASE("binary: remainders of floats have the sign that ONNX says")
{
    const Tensor a = Tensor::from({9}, {-4.25f, 7.5f, 5, 4.25f, -7.5f, 8, 0, 6, -6});
    const Tensor b = Tensor::from({9}, {2.125f, -3.25f, 8, -2, 3.25f, 5, 3, 3, -3});
    check_op(Binary{.kind = BinaryKind::mod}, {a, b});
    check_op(Binary{.kind = BinaryKind::fmod}, {a, b});
}

TEST_CASE("binary: remainders of floats are exact, whatever the quotient")
{
    const float infinity = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Tensor a = Tensor::from(
        {14, 1}, {1, 10, -10, 123456.7f, 3.4e38f, -3.4e38f, 1e-30f, 0, -0.0f, 7, 5.5f, infinity, -infinity, nan});
    const Tensor b = Tensor::from({1, 11}, {0.1f, 0.2f, 0.7f, -0.5f, 3, -7, 3e-30f, 1e30f, infinity, 0, nan});
    check_op(Binary{.kind = BinaryKind::fmod}, {a, b}, {.is_exact = true});
    check_op(Binary{.kind = BinaryKind::fmod}, {random({4, 5, 3, 7}, -1000, 1000), random({3, 7}, 0.01f, 3, 2)},
             {.is_exact = true});
}

TEST_CASE("binary: powers of any base that has one")
{
    const Tensor base =
        Tensor::from({4, 4}, {-2, -1, 0, 1, 0.5f, 1.5f, 3, -0.25f, 10, -3, 2, 4, 1e-3f, 7, 0.999f, -1.5f});
    for (const float exponent : {0.0f, 1.0f, 2.0f, 3.0f, 13.0f, -1.0f, -2.0f, 70.0f, 71.0f, -70.0f})
        check_op(Binary{.kind = BinaryKind::pow}, {base, Tensor::from({}, {exponent})}, {.function_error = 64});
    for (const float exponent : {0.5f, 1.5f, 2.25f, -0.5f, -1.75f, 0.1f})
        check_op(Binary{.kind = BinaryKind::pow}, {random({1, 5, 3, 7}, 1e-3f, 9), Tensor::from({}, {exponent})},
                 {.function_error = 32});
    const Tensor negative = Tensor::from({4}, {-2, -3, -0.5f, -1});
    check_op(Binary{.kind = BinaryKind::pow}, {negative, Tensor::from({}, {0.5f})});
    check_op(Binary{.kind = BinaryKind::pow}, {negative, Tensor::from({}, {-2.5f})});
    check_op(Binary{.kind = BinaryKind::pow}, {Tensor::from({}, {0.0f}), Tensor::from({4}, {0.5f, 1.5f, 0, 70.5f})});
    check_op(Binary{.kind = BinaryKind::pow}, {random({2, 3, 4}, 0.1f, 3), random({4}, -3, 3)}, {.function_error = 32});
}

TEST_CASE("binary: powers may mix floats and integers")
{
    check_op(Binary{.kind = BinaryKind::pow}, {random({1, 5, 3, 2}, -3, 3), random_integers({5, 1, 1}, -2, 4)},
             {.function_error = 16});
    check_op(Binary{.kind = BinaryKind::pow}, {random_integers({1, 5, 3, 2}, -9, 9), Tensor::from({}, {2.0f})});
    check_op(Binary{.kind = BinaryKind::pow}, {random_integers({3, 2}, 0, 9), random({2}, 0.4f, 0.6f)});
}

TEST_CASE("binary: arithmetic of integers")
{
    const Tensor a = random_integers({1, 5, 3, 7}, -1000, 1000, 1);
    const Tensor b = random_integers({1, 5, 3, 7}, -9, 9, 2); // with zeros
    for (const BinaryKind kind : {BinaryKind::add, BinaryKind::sub, BinaryKind::mul, BinaryKind::div, BinaryKind::min,
                                  BinaryKind::max, BinaryKind::mod, BinaryKind::fmod, BinaryKind::prelu})
        check_op(Binary{.kind = kind}, {a, b});
    check_op(Binary{.kind = BinaryKind::mod}, {a, random_integers({5, 1, 1}, 1, 9)});
    check_op(Binary{.kind = BinaryKind::pow}, {random_integers({1, 5, 3, 7}, -5, 5), random_integers({7}, -2, 9)});
    const Tensor least = cast(ints({INT32_MIN, INT32_MIN, INT32_MAX, -7}), DType::i32);
    const Tensor divisors = cast(ints({-1, 2, -1, INT32_MIN}), DType::i32);
    for (const BinaryKind kind : {BinaryKind::add, BinaryKind::mul, BinaryKind::div, BinaryKind::mod, BinaryKind::fmod})
        check_op(Binary{.kind = kind}, {least, divisors});
}

TEST_CASE("binary: narrow integers wrap")
{
    for (const DType type : {DType::u8, DType::i8})
    {
        const Tensor a = cast(random_integers({3, 4}, 0, 255, 1), type);
        const Tensor b = cast(random_integers({4}, 0, 255, 2), type);
        for (const BinaryKind kind : {BinaryKind::add, BinaryKind::sub, BinaryKind::mul, BinaryKind::div})
            check_op(Binary{.kind = kind}, {a, b});
    }
}

TEST_CASE("binary: comparisons give booleans")
{
    const Tensor integers[] = {random_integers({1, 5, 3, 7}, -2, 2, 1), random_integers({5, 1, 1}, -2, 2, 2)};
    const Tensor floats[] = {Tensor::from({2, 3}, {-0.0f, 1, 2, 3, 4, -5}), Tensor::from({3}, {0, 1, 4})};
    for (const BinaryKind kind : comparisons)
    {
        check_op(Binary{.kind = kind}, {integers[0], integers[1]});
        check_op(Binary{.kind = kind}, {floats[0], floats[1]});
    }
}

TEST_CASE("binary: logic of booleans under broadcasts")
{
    for (const BinaryKind kind :
         {BinaryKind::logical_and, BinaryKind::logical_or, BinaryKind::logical_xor, BinaryKind::equal})
    {
        check_op(Binary{.kind = kind}, {random_booleans({1, 5, 3, 7}, 1), random_booleans({1, 5, 3, 7}, 2)});
        check_op(Binary{.kind = kind}, {random_booleans({3, 4, 5}, 1), random_booleans({4, 1}, 2)});
    }
}

TEST_CASE("binary: bits of integers")
{
    for (const BinaryKind kind : {BinaryKind::bitwise_and, BinaryKind::bitwise_or, BinaryKind::bitwise_xor})
        check_op(Binary{.kind = kind},
                 {random_integers({1, 5, 3, 7}, INT32_MIN, INT32_MAX, 1), random_integers({3, 1}, -9, 99, 2)});
    const auto bytes = [](const Tensor& integers)
    {
        std::vector<std::byte> values;
        for (const int64_t integer : integers.to_integers())
            values.push_back(std::byte(integer));
        return Tensor::from_bytes(DType::u8, integers.shape(), std::move(values));
    };
    for (const BinaryKind kind : {BinaryKind::shift_left, BinaryKind::shift_right})
        check_op(Binary{.kind = kind}, {bytes(random_integers({2, 5, 7}, 0, 255, 1)),
                                        bytes(Tensor::from_integers({7}, {0, 1, 3, 7, 8, 31, 40}))});
}

TEST_CASE("binary: says which operands do not fit")
{
    const Tensor floats = random({2, 3});
    const Tensor integers = random_integers({2, 3}, 0, 9);
    const Tensor booleans = random_booleans({2, 3});
    CHECK(refusal(Binary{}, {floats, random({2, 4})}) ==
          "operands 2x3 and 2x4 do not broadcast: extents 3 and 4 are neither equal nor 1");
    CHECK(refusal(Binary{}, {floats, integers}) ==
          "operands must be both floats, both integers or both bool, got f32 and i64");
    CHECK(refusal(Binary{}, {booleans, booleans}) == "operands must be floats or integers, got bool");
    CHECK(refusal(Binary{.kind = BinaryKind::logical_and}, {floats, floats}) == "operands must be bool, got f32");
    CHECK(refusal(Binary{.kind = BinaryKind::bitwise_or}, {floats, floats}) == "operands must be integers, got f32");
    CHECK(refusal(Binary{.kind = BinaryKind::pow}, {floats, booleans}) ==
          "operands must be both floats, both integers or both bool, got f32 and bool");
    CHECK(refusal(Binary{}, {floats}) == "two operands are needed, got 1");
    CHECK(refusal(Binary{}, {Tensor::from({0, 1}, {}), Tensor::from({0}, {})}) == "");
    CHECK(refusal(Binary{}, {random({65536, 1}), random({32768})}) ==
          "a tensor must have fewer than 2^31 values, got shape 65536x32768");
}

TEST_CASE("binary: folds integers exactly, also when there are none")
{
    const auto fold = [](BinaryKind kind, const Tensor& a, const Tensor& b)
    {
        const Tensor* const arguments[] = {&a, &b};
        const Result<reference::Tensors> result = reference::evaluate(Binary{.kind = kind}, arguments);
        REQUIRE(result.is_ok());
        return result->front();
    };
    const int64_t large = (int64_t(1) << 53) + 1; // no float holds it
    CHECK(fold(BinaryKind::add, ints({large, -1}), ints({0})).to_integers() == std::vector<int64_t>{large, -1});
    CHECK(fold(BinaryKind::mul, ints({3037000499}), ints({3})).to_integers() == std::vector<int64_t>{9111001497});
    CHECK(fold(BinaryKind::mul, ints({7, 5}), cast(ints({2}), DType::i32)).to_integers() ==
          std::vector<int64_t>{14, 10});
    CHECK(fold(BinaryKind::div, ints({-7}), ints({2})).to_integers() == std::vector<int64_t>{-3});
    CHECK(fold(BinaryKind::mod, ints({-7, 7, INT64_MIN}), ints({2, -2, -1})).to_integers() ==
          std::vector<int64_t>{1, -1, 0});
    const Tensor empty = fold(BinaryKind::add, Tensor::from_integers({0}, {}), ints({1}));
    CHECK(empty.shape() == Shape{0});
    CHECK(empty.elements() == 0);
    CHECK(fold(BinaryKind::sub, Tensor::from_integers({2, 0}, {}), ints({1})).shape() == Shape{2, 0});
}

} // namespace vkseg::test::binary_test
