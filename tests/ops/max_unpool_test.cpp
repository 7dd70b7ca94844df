#include "reference/evaluate.hpp"
#include "support/check_op.hpp"

#include <doctest/doctest.h>

using namespace vkseg;
using namespace vkseg::test;

namespace {

/// What a pool makes of random values: inputs for its inverse.
std::vector<Tensor> pooled(const Window& window, Shape shape, bool ceil_mode = false)
{
    const Tensor x = random(shape);
    const Tensor* const inputs[] = {&x};
    const auto results = reference::evaluate(Pool{.window = window, .ceil_mode = ceil_mode}, inputs);
    REQUIRE(results.is_ok());
    return *results;
}

} // namespace

TEST_CASE("max_unpool: puts every value back where the pool found it")
{
    const Window window = {.kernel = {2, 2}, .strides = {2, 2}};
    for (const Shape& shape : {Shape{1, 1, 2, 2}, Shape{1, 5, 8, 10}, Shape{2, 21, 46, 30}})
        check_op(MaxUnpool{.window = window}, pooled(window, shape), {.is_exact = true});
    const Window cube = {.kernel = {2, 2, 2}, .strides = {2, 2, 2}};
    for (const Shape& shape : {Shape{1, 1, 2, 2, 2}, Shape{2, 5, 4, 6, 10}, Shape{1, 17, 8, 2, 4}})
        check_op(MaxUnpool{.window = cube}, pooled(cube, shape), {.is_exact = true});
}

TEST_CASE("max_unpool: an output shape says what the window leaves open")
{
    struct Case
    {
        Window window;
        Shape shape;
        bool ceil_mode = false;
    };
    for (const Case& c : {Case{{.kernel = {2, 2}, .strides = {2, 2}}, {1, 5, 7, 9}},
                          Case{{.kernel = {2, 2}, .strides = {2, 2}}, {1, 3, 7, 9}, true},
                          Case{{.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}}, {2, 4, 9, 8}},
                          Case{{.kernel = {3, 2}, .strides = {3, 4}, .pads = {0, 1, 2, 0}}, {1, 6, 13, 12}},
                          Case{{.kernel = {2}, .strides = {2}}, {2, 3, 11}},
                          Case{{.kernel = {2, 2, 2}, .strides = {2, 2, 2}}, {1, 3, 5, 4, 7}}})
    {
        std::vector<Tensor> inputs = pooled(c.window, c.shape, c.ceil_mode);
        inputs.push_back(ints({c.shape.begin(), c.shape.end()}));
        check_op(MaxUnpool{.window = c.window}, inputs, {.is_exact = true});
        // Exporters may leave the pads out where the output shape is given.
        Window unpadded = c.window;
        unpadded.pads.clear();
        check_op(MaxUnpool{.window = unpadded}, inputs, {.is_exact = true});
    }
}

TEST_CASE("max_unpool: refuses what does not fit and says why")
{
    const Window window = {.kernel = {2, 2}, .strides = {2, 2}};
    const Tensor x = random({1, 3, 4, 4});
    const Tensor indices = random_integers({1, 3, 4, 4}, 0, 63);
    CHECK(refusal(MaxUnpool{.window = window}, {x}).find("input 1 is missing") != std::string::npos);
    CHECK(refusal(MaxUnpool{.window = window}, {x, x}).find("integers") != std::string::npos);
    CHECK(refusal(MaxUnpool{.window = window}, {x, random_integers({1, 3, 4, 5}, 0, 63)}).find("1x3x4x5") !=
          std::string::npos);
    CHECK(refusal(MaxUnpool{.window = window}, {x, indices, ints({8, 8})}).find("4 entries") != std::string::npos);
    CHECK(refusal(MaxUnpool{.window = window}, {x, indices, ints({1, 4, 8, 8})}).find("1x4x8x8") != std::string::npos);
    CHECK(refusal(MaxUnpool{.window = window}, {x, indices, ints({1, 3, 8, 0})}).find("at least 1") !=
          std::string::npos);
}
