#include "cli/common.hpp"
#include "graph_builder.hpp"
#include "subjects.hpp"

#include "vkseg/model.hpp"

namespace vkseg::benchmark {
namespace {

ValueId double_conv(GraphBuilder& builder, ValueId x, int64_t channels)
{
    return builder.conv(builder.conv(x, {.channels = channels}), {.channels = channels});
}

/// Ronneberger et al. 2015, with padded convolutions, so that the mask is as large as the picture.
Graph u_net()
{
    constexpr int64_t classes = 2;
    GraphBuilder builder("U-Net");
    ValueId x = builder.input(3, 256, 256);
    std::vector<ValueId> skips;
    for (const int64_t channels : {64, 128, 256, 512})
    {
        skips.push_back(double_conv(builder, x, channels));
        x = builder.max_pool(skips.back());
    }
    x = double_conv(builder, x, 1024);
    for (const int64_t channels : {512, 256, 128, 64})
    {
        const ValueId up = builder.conv_transpose(x, {.channels = channels});
        x = double_conv(builder, builder.concat({skips.back(), up}), channels);
        skips.pop_back();
    }
    return builder.finish(builder.conv(x, {.channels = classes, .kernel = 1, .has_relu = false}));
}

/// Long et al. 2015 on VGG16 (Simonyan and Zisserman 2015), padded by 1 and 3 as those who train it today do.
Graph fcn_8s()
{
    constexpr int64_t classes = 21;
    GraphBuilder builder("FCN-8s");
    ValueId x = builder.input(3, 224, 224);
    std::vector<ValueId> pools;
    for (const auto& [channels, convolutions] : {std::pair(64, 2), {128, 2}, {256, 3}, {512, 3}, {512, 3}})
    {
        for (int i = 0; i < convolutions; ++i)
            x = builder.conv(x, {.channels = channels});
        x = builder.max_pool(x);
        pools.push_back(x);
    }
    x = builder.conv(x, {.channels = 4096, .kernel = 7});
    x = builder.conv(x, {.channels = 4096, .kernel = 1});
    const auto score = [&](ValueId features)
    { return builder.conv(features, {.channels = classes, .kernel = 1, .has_relu = false}); };
    const auto enlarge = [&](ValueId scores, int64_t stride)
    {
        return builder.conv_transpose(
            scores,
            {.channels = classes, .kernel = 2 * stride, .stride = stride, .padding = stride / 2, .has_bias = false});
    };
    ValueId scores = enlarge(score(x), 2);
    scores = enlarge(builder.add(scores, score(pools[3])), 2);
    scores = enlarge(builder.add(scores, score(pools[2])), 8);
    return builder.finish(scores);
}

struct InvertedResidual
{
    int64_t expansion = 6;
    int64_t channels_in = 0;
    int64_t channels = 0;
    int64_t stride = 1;
    int64_t dilation = 1;
};

ValueId inverted_residual(GraphBuilder& builder, ValueId x, const InvertedResidual& block)
{
    ValueId y = x;
    if (block.expansion > 1)
        y = builder.conv(y, {.channels = block.expansion * block.channels_in, .kernel = 1});
    y = builder.depthwise(y, {.stride = block.stride, .dilation = block.dilation});
    y = builder.conv(y, {.channels = block.channels, .kernel = 1, .has_relu = false});
    const bool is_residual = block.stride == 1 && block.channels == block.channels_in;
    return is_residual ? builder.add(x, y) : y;
}

ValueId separable(GraphBuilder& builder, ValueId x, int64_t dilation)
{
    return builder.conv(builder.depthwise(x, {.dilation = dilation}), {.channels = 256, .kernel = 1});
}

/// Chen et al. 2018 on MobileNetV2 (Sandler et al. 2018), both with batch normalisation folded into convolutions; at
/// output stride 16.
Graph deeplab_v3_plus()
{
    struct Stage
    {
        int64_t expansion;
        int64_t channels;
        int64_t blocks;
        int64_t stride;
        int64_t dilation;
    };
    constexpr Stage stages[] = {{1, 16, 1, 1, 1}, {6, 24, 2, 2, 1},  {6, 32, 3, 2, 1}, {6, 64, 4, 2, 1},
                                {6, 96, 3, 1, 1}, {6, 160, 3, 1, 2}, {6, 320, 1, 1, 2}};
    constexpr int64_t classes = 21;
    constexpr int64_t extent = 257;
    constexpr int64_t extent_4 = 65; // at stride 4 and 16
    constexpr int64_t extent_16 = 17;
    GraphBuilder builder("DeepLabv3+");
    builder.set_activation({.kind = UnaryKind::clip, .a = 0, .b = 6});
    ValueId x = builder.conv(builder.input(3, extent, extent), {.channels = 32, .stride = 2});
    ValueId low = x;
    int64_t channels = 32;
    for (const Stage& stage : stages)
    {
        for (int64_t i = 0; i < stage.blocks; ++i)
        {
            x = inverted_residual(builder, x,
                                  {.expansion = stage.expansion,
                                   .channels_in = channels,
                                   .channels = stage.channels,
                                   .stride = i == 0 ? stage.stride : 1,
                                   .dilation = stage.dilation});
            channels = stage.channels;
        }
        if (channels == 24)
            low = x;
    }

    builder.set_activation({.kind = UnaryKind::relu});
    const ValueId pooled = builder.conv(builder.spatial_mean(x), {.channels = 256, .kernel = 1});
    const ValueId pyramid = builder.concat({builder.conv(x, {.channels = 256, .kernel = 1}), separable(builder, x, 6),
                                            separable(builder, x, 12), separable(builder, x, 18),
                                            builder.resize(pooled, extent_16, extent_16)});
    const ValueId features = builder.conv(pyramid, {.channels = 256, .kernel = 1});
    ValueId y = builder.concat(
        {builder.resize(features, extent_4, extent_4), builder.conv(low, {.channels = 48, .kernel = 1})});
    y = separable(builder, separable(builder, y, 1), 1);
    y = builder.conv(y, {.channels = classes, .kernel = 1, .has_relu = false});
    return builder.finish(builder.resize(y, extent, extent));
}

} // namespace

std::vector<Subject> network_subjects()
{
    return {{.name = "U-Net 256x256", .kind = SubjectKind::networks, .load = u_net},
            {.name = "FCN-8s VGG16 224x224", .kind = SubjectKind::networks, .load = fcn_8s},
            {.name = "DeepLabv3+ MobileNetV2 257x257", .kind = SubjectKind::networks, .load = deeplab_v3_plus}};
}

Subject file_subject(const std::filesystem::path& model)
{
    const auto load = [model]
    {
        Graph graph = cli::take(load_model(model));
        cli::invent_parameters(graph);
        for (const ValueId id : graph.inputs)
        {
            const Value& value = graph.values[id];
            if (!value.has_shape || !value.shape.is_known())
                throw cli::Failure(
                    cli::bad_input,
                    fmt::format("{}: input '{}' has the open shape {}; 'vkseg bench' takes it by --shape",
                                model.string(), value.name, value.has_shape ? to_string(value.shape) : "?"));
        }
        return graph;
    };
    return {.name = model.stem().string(), .kind = SubjectKind::networks, .load = load};
}

} // namespace vkseg::benchmark
