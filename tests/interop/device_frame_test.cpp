#include "interop/open_app.hpp"

#include <atomic>
#include <thread>

namespace vkseg::test::interop {
namespace {

/// Labels of the upright picture, as they lie in the crop of the image.
std::vector<uint8_t> lying(const std::vector<uint8_t>& labels, const ImageRectangle& crop, const Orientation& lies)
{
    // A picture whose pixels are their own indices, made upright, tells where each label goes.
    std::vector<uint8_t> indices(size_t(crop.width) * crop.height * 4);
    for (uint32_t i = 0; i < crop.width * crop.height; ++i)
        std::memcpy(indices.data() + i * 4, &i, 4);
    const Upright turned = upright(indices, crop.width, {0, 0, crop.width, crop.height}, lies);
    std::vector<uint8_t> back(labels.size());
    for (size_t i = 0; i < labels.size(); ++i)
    {
        uint32_t index = 0;
        std::memcpy(&index, turned.pixels.data() + i * 4, 4);
        back[index] = labels[i];
    }
    return back;
}

} // namespace

TEST_CASE("app's memory: images turned and cropped as cameras do give the masks of the upright picture")
{
    constexpr uint32_t width = 21;
    constexpr uint32_t height = 13;
    const std::vector<uint8_t> pixels = pixels_of(width, height);
    for (const std::string& name : device_names())
    {
        INFO(name);
        OpenApp open(name);
        App& app = *open.app;
        Result<Segmenter> segmenter = Segmenter::create(*open.device, colour_network(), {});
        REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
        const Image image = app.create_image(VK_FORMAT_R8G8B8A8_UNORM, width, height, picture_usage);
        app.upload(image, pixels, 4, readable);
        for (const ImageRectangle crop : {ImageRectangle{}, ImageRectangle{3, 2, 10, 7}})
        {
            const ImageRectangle whole = crop == ImageRectangle{} ? ImageRectangle{0, 0, width, height} : crop;
            for (int turn = 0; turn < 360; turn += 90)
            {
                for (const bool is_mirrored : {false, true})
                {
                    CAPTURE(turn);
                    CAPTURE(is_mirrored);
                    const Orientation lies = {turn, is_mirrored};
                    const Upright expected = upright(pixels, width, whole, lies);
                    const Segmentation by_host = segment(*segmenter, expected);
                    const Image labels = app.create_image(VK_FORMAT_R8_UINT, whole.width, whole.height, mask_usage);
                    const Image soft = app.create_image(VK_FORMAT_R8_UNORM, uint32_t(expected.width),
                                                        uint32_t(expected.height), mask_usage);
                    const VulkanMask masks[] = {{.kind = MaskKind::labels,
                                                 .image = labels.handle,
                                                 .format = VK_FORMAT_R8_UINT,
                                                 .width = whole.width,
                                                 .height = whole.height,
                                                 .layout_after = VK_IMAGE_LAYOUT_GENERAL},
                                                {.image = soft.handle,
                                                 .format = VK_FORMAT_R8_UNORM,
                                                 .width = uint32_t(expected.width),
                                                 .height = uint32_t(expected.height),
                                                 .layout_after = VK_IMAGE_LAYOUT_GENERAL,
                                                 .is_upright = true}};
                    run(*segmenter, {.picture = {.image = image.handle,
                                                 .format = VK_FORMAT_R8G8B8A8_UNORM,
                                                 .width = width,
                                                 .height = height,
                                                 .crop = crop,
                                                 .orientation = lies},
                                     .masks = masks});
                    CHECK(texels_of(app, labels) == lying(by_host.labels, whole, lies));
                    CHECK(texels_of(app, soft) == by_host.soft_mask);
                    app.destroy(labels);
                    app.destroy(soft);
                }
            }
        }
        app.destroy(image);
    }
}

TEST_CASE("app's memory: each format of a picture, and each kind of mask, equals the host's")
{
    constexpr uint32_t width = 40;
    constexpr uint32_t height = 9;
    const std::vector<uint8_t> pixels = pixels_of(width, height);
    std::vector<uint8_t> bgra = pixels;
    std::vector<uint8_t> grey;
    std::vector<uint8_t> grey_rgba;
    for (size_t i = 0; i < bgra.size(); i += 4)
    {
        std::swap(bgra[i], bgra[i + 2]);
        grey.push_back(pixels[i]);
        for (int channel = 0; channel < 4; ++channel)
            grey_rgba.push_back(pixels[i]);
    }
    const ImageRectangle all = {0, 0, width, height};
    struct Case
    {
        VkFormat format;
        const std::vector<uint8_t>& texels;
        size_t texel_bytes;
        const std::vector<uint8_t>& rgba;
    };
    const Case cases[] = {{VK_FORMAT_R8G8B8A8_UNORM, pixels, 4, pixels},
                          {VK_FORMAT_R8G8B8A8_SRGB, pixels, 4, pixels},
                          {VK_FORMAT_B8G8R8A8_UNORM, bgra, 4, pixels},
                          {VK_FORMAT_B8G8R8A8_SRGB, bgra, 4, pixels},
                          {VK_FORMAT_R8_UNORM, grey, 1, grey_rgba}};
    for (const std::string& name : device_names())
    {
        INFO(name);
        OpenApp open(name);
        App& app = *open.app;
        Result<Segmenter> segmenter = Segmenter::create(*open.device, colour_network(), {});
        REQUIRE(segmenter.is_ok());
        const Image mask = app.create_image(VK_FORMAT_R8_UNORM, width, height, mask_usage);
        for (const Case& one : cases)
        {
            CAPTURE(one.format);
            const Segmentation by_host = segment(*segmenter, upright(one.rgba, width, all, {}));
            const Image image = app.create_image(one.format, width, height, picture_usage);
            for (const VkImageLayout layout : {readable, VK_IMAGE_LAYOUT_GENERAL, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL})
            {
                app.upload(image, one.texels, one.texel_bytes, layout);
                for (const MaskKind kind : {MaskKind::soft_mask, MaskKind::labels, MaskKind::confidence})
                {
                    const VulkanMask wanted = mask_of(mask, kind);
                    run(*segmenter, {.picture = {.image = image.handle,
                                                 .format = uint32_t(one.format),
                                                 .width = width,
                                                 .height = height,
                                                 .layout = uint32_t(layout)},
                                     .masks = {&wanted, 1}});
                    CHECK(texels_of(app, mask) == (kind == MaskKind::labels      ? by_host.labels
                                                   : kind == MaskKind::soft_mask ? by_host.soft_mask
                                                                                 : by_host.confidence));
                }
                app.download(image, one.texel_bytes, layout); // it is still in its layout
            }
            app.destroy(image);
        }
        app.destroy(mask);
    }
}

TEST_CASE("app's memory: buffers with strides, and masks of other sizes")
{
    constexpr uint32_t width = 10;
    constexpr uint32_t height = 6;
    constexpr size_t stride = 64;
    constexpr size_t mask_stride = 13;
    const std::vector<uint8_t> pixels = pixels_of(width, height);
    for (const std::string& name : device_names())
    {
        INFO(name);
        OpenApp open(name);
        App& app = *open.app;
        Result<Segmenter> segmenter = Segmenter::create(*open.device, colour_network(), {});
        REQUIRE(segmenter.is_ok());
        const Segmentation by_host = segment(*segmenter, upright(pixels, width, {0, 0, width, height}, {}));
        const Buffer source = app.create_buffer(512 + stride * height, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
        const Buffer target = app.create_buffer(1000, VK_BUFFER_USAGE_TRANSFER_DST_BIT);
        for (const size_t offset : {0, 4, 256, 300}) // of which bindings cannot begin at all
        {
            const bool is_bgra = offset % 8 == 4;
            for (size_t i = 0; i < pixels.size(); ++i)
            {
                const size_t channel = is_bgra && i % 4 < 3 ? 2 - i % 4 : i % 4;
                const size_t pixel = i / 4;
                source.bytes[offset + pixel / width * stride + pixel % width * 4 + channel] = std::byte(pixels[i]);
            }
            std::memset(target.bytes, 0x55, target.size);
            const VulkanMask masks[] = {{.kind = MaskKind::labels,
                                         .width = width,
                                         .height = height,
                                         .buffer = target.handle,
                                         .offset_bytes = 3,
                                         .row_stride_bytes = mask_stride},
                                        {.kind = MaskKind::labels, // every second pixel of three
                                         .width = 2 * width,
                                         .height = 2 * height,
                                         .buffer = target.handle,
                                         .offset_bytes = 200}};
            run(*segmenter, {.picture = {.width = width,
                                         .height = height,
                                         .buffer = source.handle,
                                         .offset_bytes = offset,
                                         .row_stride_bytes = stride,
                                         .is_bgra = is_bgra},
                             .masks = masks});
            const auto* const bytes = reinterpret_cast<const uint8_t*>(target.bytes);
            for (uint32_t y = 0; y < height; ++y)
            {
                for (uint32_t x = 0; x < mask_stride; ++x)
                {
                    const uint8_t expected = x < width ? by_host.labels[y * width + x] : 0x55;
                    const bool is_after_last = y + 1 == height && x >= width;
                    if (!is_after_last)
                        REQUIRE(bytes[3 + y * mask_stride + x] == expected);
                }
            }
            for (uint32_t y = 0; y < 2 * height; ++y)
                for (uint32_t x = 0; x < 2 * width; ++x)
                    REQUIRE(bytes[200 + y * 2 * width + x] == by_host.labels[y / 2 * width + x / 2]);
            CHECK(bytes[199] == 0x55);
            CHECK(bytes[200 + 4 * width * height] == 0x55);
        }
        app.destroy(source);
        app.destroy(target);
    }
}

TEST_CASE("app's memory: several frames in flight, semaphores, and values that contradict the description")
{
    ModelDescription description;
    description.source = MaskSource::probabilities;
    for (const std::string& name : device_names())
    {
        INFO(name);
        OpenApp open(name);
        App& app = *open.app;
        Result<Segmenter> segmenter = Segmenter::create(*open.device, red_network(1.9f), description);
        REQUIRE(segmenter.is_ok());
        std::vector<Image> images;
        std::vector<Image> masks;
        std::vector<VkSemaphore> semaphores;
        for (int i = 0; i < 7; ++i)
        {
            images.push_back(app.create_image(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, picture_usage));
            masks.push_back(app.create_image(VK_FORMAT_R8_UNORM, 16, 16, mask_usage));
            semaphores.push_back(app.create_semaphore());
            app.upload(images.back(), std::vector<uint8_t>(16 * 16 * 4, i == 3 ? 255 : uint8_t(i * 20)), 4, readable);
        }
        const CopiedBytes before = open.device->copied_bytes();
        std::vector<Pending<StageTimes>> pending;
        for (size_t i = 0; i < images.size(); ++i)
        {
            const VulkanMask mask = mask_of(masks[i]);
            const VulkanSemaphore wait = {.semaphore = semaphores[i > 0 ? i - 1 : 0]}; // of the frame before
            const VulkanSemaphore signal = {.semaphore = semaphores[i]};
            Result<Pending<StageTimes>> one =
                segmenter->submit_on_device({.picture = picture_of(images[i]),
                                             .masks = {&mask, 1},
                                             .waits = {&wait, i > 0 ? 1u : 0u},
                                             .signals = {&signal, i + 1 < images.size() ? 1u : 0u}});
            REQUIRE_MESSAGE(one.is_ok(), one.status().message());
            pending.push_back(*std::move(one));
        }
        for (size_t i = 0; i < pending.size(); ++i)
        {
            const Status status = pending[i].wait().status();
            CHECK_MESSAGE(status.code() == (i == 3 ? StatusCode::invalid_model : StatusCode::ok), status.message());
            if (i != 3)
            {
                const int expected = int(float(i * 20) * 1.9f + 0.5f);
                CHECK(std::abs(int(texels_of(app, masks[i])[40]) - expected) <= 1);
            }
        }
        const CopiedBytes after = open.device->copied_bytes();
        CHECK(after.to_device == before.to_device);
        CHECK(after.to_host - before.to_host == 7 * 16);
        for (size_t i = 0; i < images.size(); ++i)
        {
            app.destroy(images[i]);
            app.destroy(masks[i]);
            app.destroy(semaphores[i]);
        }
    }
}

TEST_CASE("app's memory: timeline semaphores, and no allocation from frame to frame")
{
    ModelDescription description;
    description.source = MaskSource::probabilities;
    VkPhysicalDeviceTimelineSemaphoreFeatures feature = {};
    feature.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES;
    feature.timelineSemaphore = VK_TRUE;
    for (const std::string& name : device_names())
    {
        INFO(name);
        OpenApp open(name, {.api_version = VK_API_VERSION_1_2, .features = &feature});
        App& app = *open.app;
        const bool is_timed = open.device->description().has_timestamps;
        Result<Segmenter> segmenter = Segmenter::create(*open.device, red_network(1), description,
                                                        {.timing = is_timed ? Timing::device : Timing::none});
        REQUIRE(segmenter.is_ok());
        const Image image = app.create_image(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, picture_usage);
        const Image mask = app.create_image(VK_FORMAT_R8_UNORM, 16, 16, mask_usage);
        const VkSemaphore semaphore = app.create_semaphore(VK_SEMAPHORE_TYPE_TIMELINE);
        const VulkanMask wanted = mask_of(mask);
        size_t staging_bytes = 0;
        for (uint64_t frame = 0; frame < 4; ++frame)
        {
            app.upload(image, std::vector<uint8_t>(16 * 16 * 4, uint8_t(50 * frame)), 4, readable);
            const VulkanSemaphore wait = {.semaphore = semaphore, .value = 2 * frame + 1};
            const VulkanSemaphore signal = {.semaphore = semaphore, .value = 2 * frame + 2};
            Result<Pending<StageTimes>> pending = segmenter->submit_on_device(
                {.picture = picture_of(image), .masks = {&wanted, 1}, .waits = {&wait, 1}, .signals = {&signal, 1}});
            REQUIRE_MESSAGE(pending.is_ok(), pending.status().message());
            CHECK(!pending->is_done()); // it waits for the app
            CHECK(app.timeline_value(semaphore) == 2 * frame);
            app.signal(semaphore, 2 * frame + 1);
            const Result<StageTimes> times = pending->wait();
            REQUIRE_MESSAGE(times.is_ok(), times.status().message());
            CHECK((times->device_ms > 0) == is_timed);
            CHECK(app.reaches(semaphore, 2 * frame + 2)); // lavapipe counts on a moment after it signals the fence
            CHECK(app.timeline_value(semaphore) == 2 * frame + 2);
            CHECK(texels_of(app, mask)[9] == 50 * frame);
            if (frame == 0)
                staging_bytes = open.device->memory_use().staging_bytes;
            CHECK(open.device->memory_use().staging_bytes == staging_bytes);
        }
        app.destroy(image);
        app.destroy(mask);
        app.destroy(semaphore);
    }
}

TEST_CASE("app's memory: memory is counted while frames end on another thread")
{
    OpenApp open(device_names()[0]);
    App& app = *open.app;
    Result<Segmenter> segmenter = Segmenter::create(*open.device, colour_network(), {});
    REQUIRE(segmenter.is_ok());
    const Image image = app.create_image(VK_FORMAT_R8G8B8A8_UNORM, 8, 8, picture_usage);
    const Image mask = app.create_image(VK_FORMAT_R8_UNORM, 8, 8, mask_usage);
    const VulkanMask wanted = mask_of(mask);
    app.upload(image, std::vector<uint8_t>(8 * 8 * 4, 9), 4, readable);
    std::atomic<bool> ends = false;
    size_t largest = 0;
    std::thread counter(
        [&]
        {
            while (!ends)
                largest = std::max(largest, segmenter->memory_use().staging_bytes);
        });
    for (int i = 0; i < 50; ++i)
        run(*segmenter, {.picture = picture_of(image), .masks = {&wanted, 1}});
    ends = true;
    counter.join();
    CHECK(largest > 0);
    app.destroy(image);
    app.destroy(mask);
}

TEST_CASE("app's memory: a command buffer of the app runs again and again, also after the plan is dropped")
{
    ModelDescription description;
    description.source = MaskSource::probabilities;
    for (const std::string& name : device_names())
    {
        INFO(name);
        OpenApp open(name);
        App& app = *open.app;
        std::optional<Segmenter> segmenter(
            *Segmenter::create(*open.device, red_network(1.5f), description, {.kept_plans = 1}));
        const Image image = app.create_image(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, picture_usage);
        const Image mask = app.create_image(VK_FORMAT_R8_UNORM, 16, 16, mask_usage);
        app.upload(image, std::vector<uint8_t>(16 * 16 * 4, 100), 4, readable);
        const VulkanMask wanted = mask_of(mask);
        const VulkanFrame frame = {.picture = picture_of(image), .masks = {&wanted, 1}};
        VkCommandBuffer commands = app.begin();
        Result<RecordedFrame> first = segmenter->record(commands, frame);
        REQUIRE_MESSAGE(first.is_ok(), first.status().message());
        Result<RecordedFrame> second = segmenter->record(commands, frame); // twice in one command buffer
        REQUIRE(second.is_ok());
        REQUIRE(segmenter->prepare(30, 20).is_ok()); // drops the plan
        segmenter.reset();
        app.submit(commands);
        CHECK(first->check().is_ok());
        CHECK(second->check().is_ok());
        CHECK(texels_of(app, mask)[7] == 150);
        first = std::move(second);

        // Values outside 0 … 1 are told after the run.
        std::optional<Segmenter> wrong(*Segmenter::create(*open.device, red_network(9), description));
        commands = app.begin();
        const Result<RecordedFrame> faulty = wrong->record(commands, frame);
        REQUIRE(faulty.is_ok());
        app.submit(commands);
        CHECK(faulty->check().code() == StatusCode::invalid_model);
        app.destroy(image);
        app.destroy(mask);
    }
}

TEST_CASE("app's memory: states go on from picture to picture, and begin anew after values that are wrong")
{
    ModelDescription description;
    description.source = MaskSource::probabilities;
    description.smoothing = 0.5f;
    for (const std::string& name : device_names())
    {
        INFO(name);
        OpenApp open(name);
        App& app = *open.app;
        Result<Segmenter> segmenter = Segmenter::create(*open.device, red_network(1.9f), description);
        REQUIRE(segmenter.is_ok());
        const Image image = app.create_image(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, picture_usage);
        const Image mask = app.create_image(VK_FORMAT_R8_UNORM, 16, 16, mask_usage);
        const VulkanMask wanted = mask_of(mask);
        const VulkanFrame frame = {.picture = picture_of(image), .masks = {&wanted, 1}};
        const auto soft_of = [&](uint8_t red) // -1: refused
        {
            app.upload(image, std::vector<uint8_t>(16 * 16 * 4, red), 4, readable);
            Result<Pending<StageTimes>> pending = segmenter->submit_on_device(frame);
            REQUIRE_MESSAGE(pending.is_ok(), pending.status().message());
            const Status status = pending->wait().status();
            if (status.code() == StatusCode::invalid_model)
                return -1;
            REQUIRE_MESSAGE(status.is_ok(), status.message());
            return int(texels_of(app, mask)[40]);
        };
        CHECK(soft_of(0) == 0);
        CHECK(std::abs(soft_of(100) - 127) <= 1); // two thirds of 190
        CHECK(soft_of(255) == -1);                // though the average is a probability
        CHECK(soft_of(100) == 190);
        segmenter->reset_state();
        CHECK(soft_of(50) == 95);
        VkCommandBuffer commands = app.begin();
        CHECK(segmenter->record(commands, frame).status().code() == StatusCode::unsupported);
        app.submit(commands);
        app.destroy(image);
        app.destroy(mask);
    }
}

TEST_CASE("app's memory: a recurrent network whose state is its first input")
{
    Graph graph; // state' = (state + red) / 2
    const ValueId state = graph.add_input("before", DType::f32, {1, 1, 16, 16});
    const ValueId x = graph.add_input("x", DType::f32, {1, 3, 16, 16});
    const ValueId w = graph.add_constant("w", Tensor::from({1, 3, 1, 1}, {0.5f, 0, 0}));
    const ValueId half = graph.add_constant("half", Tensor::from({1}, {0.5f}));
    const ValueId red = graph.add_node("red", Conv{}, {x, w});
    const ValueId old = graph.add_node("old", Binary{.kind = BinaryKind::mul}, {state, half});
    const ValueId sum = graph.add_node("after", Binary{.kind = BinaryKind::add}, {red, old});
    graph.outputs = {sum, graph.add_node("mask", Unary{.kind = UnaryKind::relu}, {sum})};
    ModelDescription description;
    description.output = "mask";
    description.source = MaskSource::probabilities;
    description.state = {{.output = "after", .input = "before"}};
    for (const std::string& name : device_names())
    {
        INFO(name);
        OpenApp open(name);
        App& app = *open.app;
        Result<Segmenter> segmenter = Segmenter::create(*open.device, graph, description);
        REQUIRE_MESSAGE(segmenter.is_ok(), segmenter.status().message());
        const Image image = app.create_image(VK_FORMAT_R8G8B8A8_UNORM, 16, 16, picture_usage);
        const Image mask = app.create_image(VK_FORMAT_R8_UNORM, 16, 16, mask_usage);
        app.upload(image, std::vector<uint8_t>(16 * 16 * 4, 255), 4, readable);
        const VulkanMask wanted = mask_of(mask);
        double expected = 0;
        for (int frame = 0; frame < 5; ++frame)
        {
            run(*segmenter, {.picture = picture_of(image), .masks = {&wanted, 1}});
            expected = 0.5 * expected + 0.5;
            for (const uint8_t value : texels_of(app, mask))
                REQUIRE(std::abs(int(value) - int(expected * 255 + 0.5)) <= 1);
        }
        app.destroy(image);
        app.destroy(mask);
    }
}

} // namespace vkseg::test::interop
