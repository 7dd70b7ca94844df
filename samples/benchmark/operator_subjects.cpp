#include "graph_builder.hpp"
#include "subjects.hpp"

namespace vkseg::benchmark {
namespace {

/// One node on one input of so many channels, as high as wide.
template <class Add>
Subject subject(std::string name, int64_t channels, int64_t extent, Add add)
{
    const auto load = [=]
    {
        GraphBuilder builder(name);
        const ValueId x = builder.input(channels, extent, extent);
        return builder.finish(add(builder, x));
    };
    return {.name = name, .kind = SubjectKind::operators, .load = load};
}

Subject conv(std::string name, int64_t channels, int64_t extent, const ConvolutionShape& shape)
{
    return subject(std::move(name), channels, extent,
                   [=](GraphBuilder& builder, ValueId x) { return builder.conv(x, shape); });
}

Subject conv_transpose(std::string name, int64_t channels, int64_t extent, const TransposedShape& shape)
{
    return subject(std::move(name), channels, extent,
                   [=](GraphBuilder& builder, ValueId x) { return builder.conv_transpose(x, shape); });
}

} // namespace

std::vector<Subject> operator_subjects()
{
    using B = GraphBuilder;
    return {
        conv("conv 3x3 64->64 @128x128", 64, 128, {.channels = 64}),
        conv("conv 3x3 256->256 @32x32", 256, 32, {.channels = 256}),
        conv("conv 1x1 256->256 @64x64", 256, 64, {.channels = 256, .kernel = 1}),
        subject("depthwise 3x3 128 @128x128", 128, 128, [](B& b, ValueId x) { return b.depthwise(x, {}); }),
        conv("conv 3x3 dilation 4 256->256 @33x33", 256, 33, {.channels = 256, .dilation = 4}),
        conv_transpose("transposed 2x2 s2 256->128 @32x32", 256, 32, {.channels = 128}),
        conv_transpose("transposed 4x4 s2 p1 64->64 @64x64", 64, 64, {.channels = 64, .kernel = 4, .padding = 1}),
        subject("max-pool 2x2 64 @128x128", 64, 128, [](B& b, ValueId x) { return b.max_pool(x); }),
        subject("bilinear x8 21 @32x32", 21, 32, [](B& b, ValueId x) { return b.resize(x, 256, 256); }),
        subject("bicubic x2 64 @64x64", 64, 64,
                [](B& b, ValueId x) { return b.resize(x, 128, 128, ResizeMode::cubic); }),
        conv("first layer 3x3 s2 3->64 @256x256", 3, 256, {.channels = 64, .stride = 2}),
        conv("last layer 1x1 64->2 @256x256", 64, 256, {.channels = 2, .kernel = 1, .has_relu = false}),
        subject("add, relu 64 @128x128", 64, 128,
                [](B& b, ValueId x) { return b.relu(b.add(x, b.input(64, 128, 128))); }),
        subject("softmax 21 @256x256", 21, 256, [](B& b, ValueId x) { return b.softmax(x); }),
        subject("argmax 21 @256x256", 21, 256, [](B& b, ValueId x) { return b.arg_max(x); }),
        subject("concat 64 + 64 @128x128", 64, 128,
                [](B& b, ValueId x) {
                    return b.concat({x, b.input(64, 128, 128)});
                }),
    };
}

} // namespace vkseg::benchmark
