#include "reference/evaluate.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

namespace vkseg::test::resize_test {
namespace {

constexpr CoordinateTransformation transformations[] = {
    CoordinateTransformation::half_pixel,           CoordinateTransformation::pytorch_half_pixel,
    CoordinateTransformation::align_corners,        CoordinateTransformation::asymmetric,
    CoordinateTransformation::tf_half_pixel_for_nn, CoordinateTransformation::tf_crop_and_resize,
    CoordinateTransformation::half_pixel_symmetric,
};

/// A region that reaches beyond the borders.
const std::vector<float> region = {0, 0, 0.2f, -0.1f, 1, 1, 1.3f, 0.8f};

struct Case
{
    Shape shape;
    Integers sizes;
};

const Case odd_sizes[] = {
    {{1, 1, 1, 1}, {1, 1, 3, 4}},  {{1, 3, 1, 5}, {1, 3, 4, 7}},   {{1, 3, 5, 1}, {1, 3, 7, 4}},
    {{2, 5, 7, 4}, {2, 5, 10, 9}}, {{1, 4, 11, 13}, {1, 4, 4, 1}}, {{1, 2, 6, 6}, {1, 2, 10, 4}},
};

} // namespace

TEST_CASE("resize: nearest takes the reference's pixel in every mode")
{
    for (const CoordinateTransformation coordinates : transformations)
    {
        for (const NearestMode mode :
             {NearestMode::round_prefer_floor, NearestMode::round_prefer_ceil, NearestMode::floor, NearestMode::ceil})
        {
            for (const Case& c : {odd_sizes[0], odd_sizes[3], odd_sizes[5]})
                check_op(Resize{.coordinates = coordinates,
                                .nearest_mode = mode,
                                .extrapolation_value = 0.5f,
                                .roi = region,
                                .sizes = c.sizes},
                         {random(c.shape)}, {.is_exact = true});
        }
    }
}

TEST_CASE("resize: linear is right at odd sizes and single pixels in every mode")
{
    for (const CoordinateTransformation coordinates : transformations)
    {
        for (const Case& c : odd_sizes)
            check_op(Resize{.mode = ResizeMode::linear,
                            .coordinates = coordinates,
                            .extrapolation_value = 3,
                            .roi = region,
                            .sizes = c.sizes},
                     {random(c.shape)}, {.terms = 4});
    }
}

TEST_CASE("resize: volumes, linear and nearest, in every mode")
{
    for (const CoordinateTransformation coordinates : transformations)
    {
        for (const ResizeMode mode : {ResizeMode::nearest, ResizeMode::linear})
        {
            for (const Case& c : {Case{{1, 1, 1, 1, 1}, {1, 1, 3, 2, 4}}, Case{{2, 5, 3, 5, 7}, {2, 5, 7, 4, 10}},
                                  Case{{1, 17, 5, 1, 3}, {1, 17, 2, 3, 6}}, Case{{2, 3, 7, 3, 1}, {2, 3, 1, 7, 4}}})
                check_op(Resize{.mode = mode,
                                .coordinates = coordinates,
                                .extrapolation_value = 3,
                                .roi = {0, 0, 0.1f, 0.2f, -0.1f, 1, 1, 0.9f, 1.3f, 0.8f},
                                .sizes = c.sizes},
                         {random(c.shape)}, {.terms = 8, .is_exact = mode == ResizeMode::nearest});
        }
    }
}

TEST_CASE("resize: cubic takes its coefficient and leaves out what lies outside")
{
    for (const CoordinateTransformation coordinates : transformations)
    {
        for (const bool excludes : {false, true})
            check_op(Resize{.mode = ResizeMode::cubic,
                            .coordinates = coordinates,
                            .cubic_coeff_a = excludes ? -0.5f : -0.75f,
                            .exclude_outside = excludes,
                            .roi = region,
                            .sizes = {1, 5, 9, 5}},
                     {random({1, 5, 4, 7})}, {.terms = 64});
    }
}

TEST_CASE("resize: scales need not divide extents")
{
    for (const float scale : {0.4f, 0.6f, 0.75f, 1.2f, 1.5f, 2.0f, 3.3f})
    {
        for (const ResizeMode mode : {ResizeMode::nearest, ResizeMode::linear, ResizeMode::cubic})
        {
            for (const CoordinateTransformation coordinates :
                 {CoordinateTransformation::half_pixel, CoordinateTransformation::half_pixel_symmetric,
                  CoordinateTransformation::asymmetric})
                check_op(Resize{.mode = mode,
                                .coordinates = coordinates,
                                .nearest_mode = NearestMode::floor,
                                .scales = {1, 1, scale, 1.5f}},
                         {random({1, 3, 7, 10})}, {.terms = 16});
        }
    }
}

TEST_CASE("resize: half_pixel_symmetric gives what ONNX's own tests expect")
{
    struct Known
    {
        Tensor x;
        std::vector<float> scales;
        Tensor y;
    };
    // test_resize_{downsample,upsample}_scales_linear_half_pixel_symmetric of ONNX 1.15.
    const Known known[] = {
        {Tensor::from({1, 1, 1, 4}, {1, 2, 3, 4}),
         {1, 1, 1, 0.6f},
         Tensor::from({1, 1, 1, 2}, {1.6666667f, 3.3333333f})},
        {Tensor::from({1, 1, 2, 2}, {1, 2, 3, 4}),
         {1, 1, 2.3f, 2.94f},
         Tensor::from({1, 1, 4, 5},
                      {1.0f,        1.15986395f, 1.5f,        1.84013605f, 2.0f,        1.56521738f, 1.72508133f,
                       2.06521738f, 2.40535343f, 2.56521738f, 2.43478262f, 2.59464657f, 2.93478262f, 3.27491867f,
                       3.43478262f, 3.0f,        3.15986395f, 3.5f,        3.84013605f, 4.0f})},
    };
    for (const Known& c : known)
    {
        const Resize op = {.mode = ResizeMode::linear,
                           .coordinates = CoordinateTransformation::half_pixel_symmetric,
                           .scales = c.scales};
        const Tensor* inputs[] = {&c.x};
        const Result<reference::Tensors> result = reference::evaluate(Op(op), inputs);
        REQUIRE(result.is_ok());
        REQUIRE(result->front().shape() == c.y.shape());
        for (size_t i = 0; i < c.y.floats().size(); ++i)
            CHECK(result->at(0).floats()[i] == doctest::Approx(c.y.floats()[i]).epsilon(1e-6));
        check_op(op, {c.x}, {.terms = 4});
    }
}

TEST_CASE("resize: corners of a region that is whole are inside it")
{
    check_op(Resize{.mode = ResizeMode::linear,
                    .coordinates = CoordinateTransformation::tf_crop_and_resize,
                    .extrapolation_value = 1000,
                    .roi = {0, 0, 0.6f, 0.3f, 1, 1, 1, 1},
                    .sizes = {1, 1, 7, 9}},
             {random({1, 1, 12, 14})}, {.terms = 4});
}

TEST_CASE("resize: takes parameters as inputs, other ranks, and some of the axes")
{
    check_op(Resize{}, {random({1, 3, 4, 5}), missing(), Tensor::from({4}, {1, 1, 2, 2})}, {.is_exact = true});
    check_op(Resize{}, {random({1, 3, 4, 5}), missing(), Tensor::from({0}, {}), ints({1, 3, 2, 7})},
             {.is_exact = true});
    check_op(Resize{.mode = ResizeMode::linear, .scales = {1, 1, 2.5f}}, {random({2, 5, 9})}, {.terms = 2});
    check_op(Resize{.mode = ResizeMode::linear, .scales = {1, 1, 2, 0.5f, 3}}, {random({1, 3, 3, 4, 5})}, {.terms = 8});
    check_op(Resize{.mode = ResizeMode::linear, .sizes = {3, 9}, .axes = {-1, 2}}, {random({1, 6, 4, 5})},
             {.terms = 4});
    check_op(Resize{.mode = ResizeMode::linear, .sizes = {1, 21, 129, 97}}, {random({1, 21, 33, 25})}, {.terms = 4});
}

TEST_CASE("resize: any number of channel blocks, in planes and volumes")
{
    for (const int64_t channels : {17, 24, 27, 36})
    {
        for (const ResizeMode mode : {ResizeMode::nearest, ResizeMode::linear, ResizeMode::cubic})
        {
            check_op(Resize{.mode = mode, .scales = {1, 1, 2, 3}}, {random({2, channels, 3, 5})}, {.terms = 64});
            check_op(Resize{.mode = mode, .scales = {1, 1, 2, 1, 3}}, {random({1, channels, 2, 3, 2})}, {.terms = 64});
        }
    }
}

TEST_CASE("resize: shrinking against aliasing gives the values of ONNX's tests")
{
    std::vector<float> ramp;
    for (int i = 1; i <= 16; ++i)
        ramp.push_back(float(i));
    const Tensor x = Tensor::from({1, 1, 4, 4}, ramp);
    struct Known
    {
        Resize op;
        std::vector<float> values;
    };
    const Known known[] = {
        {{.mode = ResizeMode::linear, .scales = {1, 1, 0.6f, 0.6f}}, {2.875f, 4.5f, 9.375f, 11}},
        {{.mode = ResizeMode::cubic, .scales = {1, 1, 0.6f, 0.6f}}, {2.5180721f, 4.2858863f, 9.589329f, 11.357142f}},
        {{.mode = ResizeMode::linear, .sizes = {1, 1, 3, 3}},
         {2.3636363f, 3.590909f, 4.818182f, 7.2727275f, 8.5f, 9.727273f, 12.181818f, 13.409091f, 14.636364f}},
        {{.mode = ResizeMode::cubic, .sizes = {1, 1, 3, 3}},
         {1.7750092f, 3.1200073f, 4.4650054f, 7.1550016f, 8.5f, 9.844998f, 12.534994f, 13.8799925f, 15.224991f}},
    };
    for (const Known& test : known)
    {
        Resize op = test.op;
        op.antialias = true;
        const Tensor* const inputs[] = {&x};
        const auto outputs = reference::evaluate(op, inputs);
        REQUIRE(outputs.is_ok());
        const std::vector<float> values = (*outputs)[0].to_floats();
        REQUIRE(values.size() == test.values.size());
        for (size_t i = 0; i < values.size(); ++i)
            CHECK(values[i] == doctest::Approx(test.values[i]).epsilon(1e-5));
        check_op(op, {x}, {.terms = 64});
    }
}

TEST_CASE("resize: antialiasing along some axes, in planes and volumes, enlarging others")
{
    for (const ResizeMode mode : {ResizeMode::linear, ResizeMode::cubic})
    {
        for (const bool excludes : {false, true})
        {
            const Resize op = {.mode = mode, .exclude_outside = excludes, .antialias = true};
            Resize plane = op;
            plane.scales = {1, 1, 0.13f, 1.7f};
            check_op(plane, {random({2, 5, 31, 6})}, {.terms = 256});
            Resize volume = op;
            volume.sizes = {3, 2, 11};
            volume.axes = {2, 3, 4};
            check_op(volume, {random({1, 3, 5, 9, 4})}, {.terms = 1024});
        }
    }
    check_op(Resize{.mode = ResizeMode::nearest, .antialias = true, .scales = {1, 1, 0.5f, 0.5f}},
             {random({1, 3, 6, 7})}, {.is_exact = true});
}

TEST_CASE("resize: sizes in proportion do not exceed the given ones, or are not below them")
{
    const auto extents = [](AspectPolicy policy, Integers sizes, const Shape& x)
    {
        const Tensor tensor = random(x);
        const Tensor* const inputs[] = {&tensor};
        const Resize op = {
            .mode = ResizeMode::linear, .aspect_policy = policy, .sizes = std::move(sizes), .axes = {2, 3}};
        check_op(op, {tensor}, {.terms = 64});
        const auto outputs = reference::evaluate(op, inputs);
        REQUIRE(outputs.is_ok());
        return (*outputs)[0].shape();
    };
    CHECK(extents(AspectPolicy::not_larger, {7, 8}, {1, 1, 2, 4}) == Shape{1, 1, 4, 8});
    CHECK(extents(AspectPolicy::not_smaller, {7, 8}, {1, 1, 2, 4}) == Shape{1, 1, 7, 14});
    CHECK(extents(AspectPolicy::not_larger, {7, 99}, {1, 1, 6, 9}) == Shape{1, 1, 7, 11}); // 10.5, rounded up
    CHECK(extents(AspectPolicy::not_smaller, {1, 3}, {1, 1, 7, 9}) == Shape{1, 1, 2, 3});
    CHECK(refusal(Resize{.aspect_policy = AspectPolicy::not_larger, .sizes = {1, 1}, .axes = {2, 3}},
                  {random({1, 1, 1, 9})})
              .find("in proportion") != std::string::npos);
}

TEST_CASE("resize: refuses what does not fit and says why")
{
    const Tensor x = random({1, 3, 4, 4});
    CHECK(refusal(Resize{}, {x}).find("neither") != std::string::npos);
    CHECK(refusal(Resize{.scales = {1, 1, 2, 2}, .sizes = {1, 3, 8, 8}}, {x}).find("both") != std::string::npos);
    CHECK(refusal(Resize{.scales = {2, 2}}, {x}).find("scales must have 4 entries, got 2") != std::string::npos);
    CHECK(refusal(Resize{.sizes = {1, 3, 0, 8}}, {x}).find("sizes must be from 1") != std::string::npos);
    CHECK(refusal(Resize{.scales = {1, 1, -2, 2}}, {x}).find("scale -2") != std::string::npos);
    CHECK(refusal(Resize{.scales = {1, 1, 0.1f, 2}}, {x}).find("must give an extent") != std::string::npos);
    CHECK(refusal(Resize{.scales = {1, 1, 1e20f, 2}}, {x}).find("must give an extent") != std::string::npos);
    CHECK(refusal(Resize{.scales = {1, 2, 1, 1}}, {x}).find("only spatial axes") != std::string::npos);
    CHECK(refusal(Resize{.scales = {1, 1, 20000, 20000}}, {x}).find("2^31") != std::string::npos);
    CHECK(refusal(Resize{.sizes = {8}, .axes = {4}}, {x}).find("axis must be one of the 4") != std::string::npos);
    CHECK(refusal(Resize{.sizes = {8, 8}, .axes = {2, -2}}, {x}).find("twice") != std::string::npos);
    CHECK(refusal(Resize{.coordinates = CoordinateTransformation::tf_crop_and_resize, .scales = {1, 1, 2, 2}}, {x})
              .find("roi must have 8 entries") != std::string::npos);
    CHECK(refusal(Resize{.scales = {2, 2}}, {random({3, 4})}).find("3 to 5 axes") != std::string::npos);
}

} // namespace vkseg::test::resize_test
