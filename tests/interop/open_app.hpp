#pragma once

#include "app.hpp"
#include "support/devices.hpp"
#include "vkseg/vulkan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

/// Apps with a Vulkan device of their own, and pictures for them.
namespace vkseg::test::interop {

/// Probability = a times the red of the picture.
inline Graph red_network(float a)
{
    Graph graph;
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 16, 16});
    const ValueId w = graph.add_constant("w", Tensor::from({1, 3, 1, 1}, {a, 0, 0}));
    graph.outputs = {graph.add_node("y", Conv{}, {x, w})};
    return graph;
}

using hello_vulkan::App;
using hello_vulkan::Buffer;
using hello_vulkan::Image;

constexpr VkImageLayout readable = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;
constexpr VkImageUsageFlags picture_usage =
    VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;
constexpr VkImageUsageFlags mask_usage = VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;

/// Three scores of each pixel: its red, green and blue, of which the largest is the class. The network's input follows
/// the picture's size.
inline Graph colour_network()
{
    Graph graph;
    graph.name = "colours";
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, -1, -1});
    const ValueId w = graph.add_constant("w", Tensor::from({3, 3, 1, 1}, {9, 0, 0, 0, 9, 0, 0, 0, 9}));
    graph.outputs = {graph.add_node("y", Conv{}, {x, w})};
    return graph;
}

/// The names of the devices that a test uses: an app opens them itself.
inline std::vector<std::string> device_names()
{
    std::vector<std::string> names;
    for (const TestDevice& device : devices())
    {
        const std::string name = device.device.description().name;
        if (std::ranges::find(names, name) == names.end())
            names.push_back(name);
    }
    return names;
}

struct OpenApp
{
    explicit OpenApp(const std::string& name, const hello_vulkan::AppOptions& others = {})
        : app(std::make_unique<App>(with_name(others, name)))
    {
        Result<Device> used = use_device(app->description(), {.poison_memory = true, .use_pipeline_cache = false});
        REQUIRE_MESSAGE(used.is_ok(), used.status().message());
        device.emplace(*std::move(used));
    }
    ~OpenApp()
    {
        device.reset();
        for (const std::string& message : app->messages)
            FAIL_CHECK(message);
    }
    static hello_vulkan::AppOptions with_name(hello_vulkan::AppOptions options, const std::string& name)
    {
        const char* const wanted = std::getenv("VKSEG_TEST_VALIDATE");
        options.device = name;
        options.validates = wanted != nullptr && std::strcmp(wanted, "1") == 0;
        return options;
    }

    std::unique_ptr<App> app;
    std::optional<Device> device; // ends before the app
};

/// RGBA pixels that are all different, none of them symmetric.
inline std::vector<uint8_t> pixels_of(uint32_t width, uint32_t height)
{
    std::vector<uint8_t> pixels;
    for (uint32_t y = 0; y < height; ++y)
    {
        for (uint32_t x = 0; x < width; ++x)
            for (const uint32_t value : {x * 11 + y * 3, y * 17 + x * x, x * y * 7 + 31, 9u})
                pixels.push_back(uint8_t(value));
    }
    return pixels;
}

struct Upright
{
    int width = 0;
    int height = 0;
    std::vector<uint8_t> pixels;
};

/// The crop of a picture, turned as a person would turn it, pixel by pixel.
inline Upright upright(const std::vector<uint8_t>& pixels, uint32_t width, const ImageRectangle& crop,
                       const Orientation& lies)
{
    Upright now = {.width = int(crop.width), .height = int(crop.height), .pixels = {}};
    for (uint32_t y = 0; y < crop.height; ++y)
    {
        const uint8_t* const row = pixels.data() + ((crop.y + y) * width + crop.x) * 4;
        now.pixels.insert(now.pixels.end(), row, row + crop.width * 4);
    }
    for (int turn = 0; turn < lies.clockwise_degrees; turn += 90)
    {
        Upright turned = {.width = now.height, .height = now.width, .pixels = std::vector<uint8_t>(now.pixels.size())};
        for (int y = 0; y < now.height; ++y)
            for (int x = 0; x < now.width; ++x) // the top row becomes the right column
                std::memcpy(turned.pixels.data() + (x * turned.width + turned.width - 1 - y) * 4,
                            now.pixels.data() + (y * now.width + x) * 4, 4);
        now = turned;
    }
    if (lies.is_mirrored)
    {
        Upright mirrored = now;
        for (int y = 0; y < now.height; ++y)
            for (int x = 0; x < now.width; ++x)
                std::memcpy(mirrored.pixels.data() + (y * now.width + now.width - 1 - x) * 4,
                            now.pixels.data() + (y * now.width + x) * 4, 4);
        now = mirrored;
    }
    return now;
}

inline Segmentation segment(Segmenter& segmenter, const Upright& picture)
{
    const Result<Segmentation> result = segmenter.segment({picture.pixels.data(), picture.width, picture.height, 4});
    REQUIRE_MESSAGE(result.is_ok(), result.status().message());
    return *result;
}

/// An image of RGBA, or of another format, as a picture that shaders may read.
inline VulkanPicture picture_of(const Image& image)
{
    return {.image = image.handle, .format = uint32_t(image.format), .width = image.width, .height = image.height};
}

/// A mask that can be downloaded from GENERAL.
inline VulkanMask mask_of(const Image& image, MaskKind kind = MaskKind::soft_mask)
{
    return {.kind = kind,
            .image = image.handle,
            .format = uint32_t(image.format),
            .width = image.width,
            .height = image.height,
            .layout_after = VK_IMAGE_LAYOUT_GENERAL};
}

inline std::vector<uint8_t> texels_of(App& app, const Image& mask)
{
    return app.download(mask, 1, VK_IMAGE_LAYOUT_GENERAL);
}

inline void run(Segmenter& segmenter, const VulkanFrame& frame)
{
    Result<Pending<StageTimes>> pending = segmenter.submit_on_device(frame);
    REQUIRE_MESSAGE(pending.is_ok(), pending.status().message());
    const Status status = pending->wait().status();
    REQUIRE_MESSAGE(status.is_ok(), status.message());
}

} // namespace vkseg::test::interop
