#include "interop/open_app.hpp"
#include "vkseg/vulkan_memory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>

namespace vkseg::test::interop {
namespace {

/// The file that the descriptor names, if it is open.
std::optional<ino_t> file_of(int fd)
{
    struct stat status = {};
    return fstat(fd, &status) == 0 ? std::optional(status.st_ino) : std::nullopt;
}

} // namespace

TEST_CASE("app's memory: pictures and masks in imported memory of the host")
{
    constexpr uint32_t width = 64;
    constexpr uint32_t height = 16;
    constexpr size_t bytes = 65536; // the largest alignment that a device may demand
    const std::vector<uint8_t> pixels = pixels_of(width, height);
    const std::unique_ptr<void, decltype(&std::free)> source(std::aligned_alloc(bytes, bytes), &std::free);
    const std::unique_ptr<void, decltype(&std::free)> target(std::aligned_alloc(bytes, bytes), &std::free);
    std::memcpy(source.get(), pixels.data(), pixels.size());
    for (const TestDevice& device : devices())
    {
        INFO(device.name);
        std::memset(target.get(), 0x55, bytes);
        const Result<ImportedBuffer> picture = import_host_memory(device.device, source.get(), bytes);
        if (!picture.is_ok())
        {
            CHECK(picture.status().code() == StatusCode::unsupported);
            MESSAGE(picture.status().message());
            continue;
        }
        const Result<ImportedBuffer> mask = import_host_memory(device.device, target.get(), bytes);
        REQUIRE_MESSAGE(mask.is_ok(), mask.status().message());
        Result<Segmenter> segmenter = Segmenter::create(device.device, colour_network(), {});
        REQUIRE(segmenter.is_ok());
        const Segmentation by_host = segment(*segmenter, upright(pixels, width, {0, 0, width, height}, {}));
        const VulkanMask wanted = {
            .kind = MaskKind::labels, .width = width, .height = height, .buffer = mask->handle()};
        run(*segmenter,
            {.picture = {.width = width, .height = height, .buffer = picture->handle()}, .masks = {&wanted, 1}});
        CHECK(std::memcmp(target.get(), by_host.labels.data(), by_host.labels.size()) == 0);
        CHECK(import_host_memory(device.device, static_cast<char*>(source.get()) + 1, 4096).status().code() ==
              StatusCode::invalid_argument);
        CHECK(import_host_memory(device.device, nullptr, bytes).status().code() == StatusCode::invalid_argument);
    }
    for (const TestDevice& device : devices())
    {
        const Status of_android = import_hardware_buffer(device.device, nullptr, 4, 4).status();
        CHECK(of_android.code() == StatusCode::unsupported);
        CHECK(of_android.message().find("android_hardware_buffer") != std::string::npos);
        CHECK(!import_dma_buf(device.device, -1, 4096).is_ok());
        CHECK(!import_opaque_fd(device.device, -1, 4096, 0).is_ok());
    }
}

TEST_CASE("app's memory: pictures in memory that a device exported")
{
    constexpr uint32_t side = 32;
    const std::vector<uint8_t> pixels = pixels_of(side, side);
    for (const std::string& name : device_names())
    {
        INFO(name);
        const hello_vulkan::AppOptions with_fds = {.extensions = {VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME}};
        if (!hello_vulkan::offers_extension(name, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME))
        {
            MESSAGE(name, ": exports no memory");
            OpenApp plain(name);
            CHECK(import_opaque_fd(*plain.device, 0, 4096, 0).status().code() == StatusCode::unsupported);
            continue;
        }
        OpenApp open(name, with_fds);
        App& app = *open.app;
        uint32_t memory_type = 0;
        const Buffer exported = app.create_buffer(
            65536,
            VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT,
            &memory_type);
        std::memcpy(exported.bytes, pixels.data(), pixels.size());
        VkMemoryGetFdInfoKHR information = {};
        information.sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR;
        information.memory = exported.memory;
        information.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;
        const auto get_fd = reinterpret_cast<PFN_vkGetMemoryFdKHR>(vkGetDeviceProcAddr(app.device, "vkGetMemoryFdKHR"));
        int fd = -1;
        hello_vulkan::check(get_fd(app.device, &information, &fd), "vkGetMemoryFdKHR");
        const std::optional<ino_t> exported_file = file_of(fd);
        CHECK(import_opaque_fd(*open.device, 12345, 65536, memory_type).status().code() ==
              StatusCode::invalid_argument);
        const int no_memory = ::open("/dev/null", O_RDWR);
        CHECK(!import_opaque_fd(*open.device, no_memory, 65536, memory_type).is_ok());
        CHECK(close(no_memory) == 0); // still the app's
        {
            const Result<ImportedBuffer> picture = import_opaque_fd(*open.device, fd, 65536, memory_type);
            REQUIRE_MESSAGE(picture.is_ok(), picture.status().message());
            Result<Segmenter> segmenter = Segmenter::create(*open.device, colour_network(), {});
            REQUIRE(segmenter.is_ok());
            const Segmentation by_host = segment(*segmenter, upright(pixels, side, {0, 0, side, side}, {}));
            const Image mask = app.create_image(VK_FORMAT_R8_UINT, side, side, mask_usage);
            const VulkanMask wanted = mask_of(mask, MaskKind::labels);
            run(*segmenter,
                {.picture = {.width = side, .height = side, .buffer = picture->handle()}, .masks = {&wanted, 1}});
            CHECK(texels_of(app, mask) == by_host.labels);
            app.destroy(mask);
        }
        CHECK(file_of(fd) != exported_file); // closed by vkseg; the number may name another file since then
        app.destroy(exported);
    }
}

TEST_CASE("app's memory: images of two planes through a conversion of the sampler")
{
    constexpr uint32_t side = 16;
    for (const std::string& name : device_names())
    {
        INFO(name);
        VkPhysicalDeviceSamplerYcbcrConversionFeatures feature = {};
        feature.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SAMPLER_YCBCR_CONVERSION_FEATURES;
        feature.samplerYcbcrConversion = VK_TRUE;
        if (!hello_vulkan::offers_ycbcr(name))
        {
            MESSAGE(name, ": has no conversion from Y'CbCr");
            continue;
        }
        OpenApp open(name, {.features = &feature});
        App& app = *open.app;
        ModelDescription description;
        description.source = MaskSource::probabilities;
        Result<Segmenter> segmenter = Segmenter::create(*open.device, red_network(1), description);
        REQUIRE(segmenter.is_ok());
        constexpr VkFormat nv12 = VK_FORMAT_G8_B8R8_2PLANE_420_UNORM;
        const Image image =
            app.create_image(nv12, side, side, VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT);
        const Image mask = app.create_image(VK_FORMAT_R8_UNORM, side, side, mask_usage);
        // Y = 145 and Cr = 160 of BT.601, full range: R = Y + 1.402 · (Cr - 128).
        app.upload_nv12(image, std::vector<uint8_t>(side * side, 145), {100, 160});
        const YcbcrConversion conversion = {
            .model = VK_SAMPLER_YCBCR_MODEL_CONVERSION_YCBCR_601,
            .range = VK_SAMPLER_YCBCR_RANGE_ITU_FULL,
            .chroma_offsets = {VK_CHROMA_LOCATION_COSITED_EVEN, VK_CHROMA_LOCATION_COSITED_EVEN}};
        const VulkanMask wanted = mask_of(mask);
        run(*segmenter,
            {.picture = {.image = image.handle, .format = nv12, .width = side, .height = side, .ycbcr = &conversion},
             .masks = {&wanted, 1}});
        for (const uint8_t red : texels_of(app, mask))
            REQUIRE(std::abs(int(red) - 190) <= 1);
        // An app that has not enabled the feature.
        OpenApp plain(name);
        Result<Segmenter> of_plain = Segmenter::create(*plain.device, red_network(1), description);
        REQUIRE(of_plain.is_ok());
        const Image other = plain.app->create_image(VK_FORMAT_R8G8B8A8_UNORM, side, side, VK_IMAGE_USAGE_SAMPLED_BIT);
        const Status refused = of_plain
                                   ->submit_on_device({.picture = {.image = other.handle,
                                                                   .format = nv12,
                                                                   .width = side,
                                                                   .height = side,
                                                                   .ycbcr = &conversion}})
                                   .status();
        CHECK(refused.code() == StatusCode::unsupported);
        CHECK(refused.message().find("samplerYcbcrConversion") != std::string::npos);
        CHECK(missed_wishes(*plain.device).size() == missed_wishes(*open.device).size() + 1);
        plain.app->destroy(other);
        app.destroy(image);
        app.destroy(mask);
    }
}

} // namespace vkseg::test::interop
