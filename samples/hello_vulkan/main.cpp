// An app with a Vulkan device of its own: it draws a moving scene, vkseg segments it, and the app composites the mask.
// No pixel goes through the host's memory. hello_vulkan MODEL.onnx PHOTO FRAME.ppm [options]
#include "app.hpp"

#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

using namespace hello_vulkan;

namespace {

constexpr uint32_t width = 320;
constexpr uint32_t height = 240;
constexpr VkImageLayout readable = VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL;

const uint32_t composite_spirv[] =
#include "composite.inc"
    ;

struct Arguments
{
    const char* model = nullptr;
    const char* photo = nullptr;
    const char* result = nullptr;
    std::string device;
    int frames = 8;
    bool validates = false; ///< Runs under the validation layer.
    bool compares = false;  ///< Compares each mask with that of the same picture given by the host.
    bool records = false;   ///< Records into a command buffer of the app instead of submitting.
};

std::optional<Arguments> parse(int argc, char** argv)
{
    Arguments arguments;
    std::vector<const char*> places;
    for (int i = 1; i < argc; ++i)
    {
        const std::string argument = argv[i];
        if (argument == "--validate")
            arguments.validates = true;
        else if (argument == "--compare")
            arguments.compares = true;
        else if (argument == "--record")
            arguments.records = true;
        else if (argument == "--device" && i + 1 < argc)
            arguments.device = argv[++i];
        else if (argument == "--frames" && i + 1 < argc)
            arguments.frames = std::atoi(argv[++i]);
        else if (argument[0] == '-')
            return std::nullopt;
        else
            places.push_back(argv[i]);
    }
    if (places.size() != 3 || arguments.frames < 1)
        return std::nullopt;
    arguments.model = places[0];
    arguments.photo = places[1];
    arguments.result = places[2];
    return arguments;
}

[[noreturn]] void fail(const std::string& message)
{
    std::fprintf(stderr, "%s\n", message.c_str());
    std::exit(1);
}

void require(const vkseg::Status& status)
{
    if (!status.is_ok())
        fail(status.message());
}

Image load_photo(App& app, const char* path)
{
    int photo_width = 0, photo_height = 0, channels = 0;
    stbi_uc* const pixels = stbi_load(path, &photo_width, &photo_height, &channels, 4);
    if (pixels == nullptr)
        fail(std::string(path) + ": cannot be read as a picture");
    const std::vector<uint8_t> texels(pixels, pixels + size_t(photo_width) * size_t(photo_height) * 4);
    stbi_image_free(pixels);
    const Image photo = app.create_image(VK_FORMAT_R8G8B8A8_SRGB, uint32_t(photo_width), uint32_t(photo_height),
                                         VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT);
    app.upload(photo, texels, 4, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL);
    return photo;
}

/// Draws the photo at a place that moves from frame to frame. The scene is readable afterwards.
void draw_scene(VkCommandBuffer commands, const Image& photo, const Image& scene, int frame)
{
    App::change_layout(commands, scene, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    const VkClearColorValue sky = {{0.2f, 0.3f, 0.4f, 1}};
    const VkImageSubresourceRange all = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    vkCmdClearColorImage(commands, scene.handle, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, &sky, 1, &all);
    App::change_layout(commands, scene, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    const int side = std::min(200 + 4 * frame, int(height)); // it comes nearer
    const int left = (12 * frame) % (int(width) - side);
    VkImageBlit blit = {};
    blit.srcSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1};
    blit.srcOffsets[1] = {int32_t(photo.width), int32_t(photo.height), 1};
    blit.dstSubresource = blit.srcSubresource;
    blit.dstOffsets[0] = {left, int32_t(height) - side, 0};
    blit.dstOffsets[1] = {left + side, int32_t(height), 1};
    vkCmdBlitImage(commands, photo.handle, VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL, scene.handle,
                   VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &blit, VK_FILTER_LINEAR);
    App::change_layout(commands, scene, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, readable);
}

/// The app's compute pipeline that puts scene and mask together.
class Compositor
{
public:
    Compositor(App& app, const Image& scene, const Image& mask, const Image& result) : app_(app)
    {
        VkSamplerCreateInfo sampler_information = {};
        sampler_information.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO;
        check(vkCreateSampler(app.device, &sampler_information, nullptr, &sampler_), "vkCreateSampler");
        std::array<VkDescriptorSetLayoutBinding, 3> bindings = {};
        for (uint32_t i = 0; i < 3; ++i)
            bindings[i] = {i, i < 2 ? VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER : VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 1,
                           VK_SHADER_STAGE_COMPUTE_BIT, nullptr};
        VkDescriptorSetLayoutCreateInfo set_information = {};
        set_information.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
        set_information.bindingCount = 3;
        set_information.pBindings = bindings.data();
        check(vkCreateDescriptorSetLayout(app.device, &set_information, nullptr, &set_layout_),
              "vkCreateDescriptorSetLayout");
        VkPipelineLayoutCreateInfo layout_information = {};
        layout_information.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
        layout_information.setLayoutCount = 1;
        layout_information.pSetLayouts = &set_layout_;
        check(vkCreatePipelineLayout(app.device, &layout_information, nullptr, &layout_), "vkCreatePipelineLayout");
        create_pipeline();
        create_set({&scene, &mask, &result});
    }

    ~Compositor()
    {
        vkDestroyDescriptorPool(app_.device, pool_, nullptr);
        vkDestroyPipeline(app_.device, pipeline_, nullptr);
        vkDestroyPipelineLayout(app_.device, layout_, nullptr);
        vkDestroyDescriptorSetLayout(app_.device, set_layout_, nullptr);
        vkDestroySampler(app_.device, sampler_, nullptr);
    }
    Compositor(const Compositor&) = delete;
    Compositor& operator=(const Compositor&) = delete;

    void draw(VkCommandBuffer commands, const Image& result) const
    {
        App::change_layout(commands, result, VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
        vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline_);
        vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout_, 0, 1, &set_, 0, nullptr);
        vkCmdDispatch(commands, (width + 7) / 8, (height + 7) / 8, 1);
    }

private:
    void create_pipeline()
    {
        VkShaderModuleCreateInfo module_information = {};
        module_information.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
        module_information.codeSize = sizeof composite_spirv;
        module_information.pCode = composite_spirv;
        VkShaderModule module = VK_NULL_HANDLE;
        check(vkCreateShaderModule(app_.device, &module_information, nullptr, &module), "vkCreateShaderModule");
        VkComputePipelineCreateInfo information = {};
        information.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
        information.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
        information.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
        information.stage.module = module;
        information.stage.pName = "main";
        information.layout = layout_;
        check(vkCreateComputePipelines(app_.device, VK_NULL_HANDLE, 1, &information, nullptr, &pipeline_),
              "vkCreateComputePipelines");
        vkDestroyShaderModule(app_.device, module, nullptr);
    }

    void create_set(const std::array<const Image*, 3>& images)
    {
        const std::array<VkDescriptorPoolSize, 2> sizes = {
            {{VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 2}, {VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 1}}};
        VkDescriptorPoolCreateInfo pool_information = {};
        pool_information.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
        pool_information.maxSets = 1;
        pool_information.poolSizeCount = 2;
        pool_information.pPoolSizes = sizes.data();
        check(vkCreateDescriptorPool(app_.device, &pool_information, nullptr, &pool_), "vkCreateDescriptorPool");
        VkDescriptorSetAllocateInfo information = {};
        information.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
        information.descriptorPool = pool_;
        information.descriptorSetCount = 1;
        information.pSetLayouts = &set_layout_;
        check(vkAllocateDescriptorSets(app_.device, &information, &set_), "vkAllocateDescriptorSets");
        for (uint32_t i = 0; i < 3; ++i)
        {
            const VkDescriptorImageInfo image = {sampler_, images[i]->view, i < 2 ? readable : VK_IMAGE_LAYOUT_GENERAL};
            VkWriteDescriptorSet write = {};
            write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
            write.dstSet = set_;
            write.dstBinding = i;
            write.descriptorCount = 1;
            write.descriptorType = i < 2 ? VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER : VK_DESCRIPTOR_TYPE_STORAGE_IMAGE;
            write.pImageInfo = &image;
            vkUpdateDescriptorSets(app_.device, 1, &write, 0, nullptr);
        }
    }

    App& app_;
    VkSampler sampler_ = VK_NULL_HANDLE;
    VkDescriptorSetLayout set_layout_ = VK_NULL_HANDLE;
    VkPipelineLayout layout_ = VK_NULL_HANDLE;
    VkPipeline pipeline_ = VK_NULL_HANDLE;
    VkDescriptorPool pool_ = VK_NULL_HANDLE;
    VkDescriptorSet set_ = VK_NULL_HANDLE;
};

/// The mask that the same picture gets when the host gives it, byte for byte.
void compare(App& app, vkseg::Segmenter& segmenter, const Image& scene, const Image& mask, int frame)
{
    const std::vector<uint8_t> pixels = app.download(scene, 4, readable);
    const std::vector<uint8_t> on_device = app.download(mask, 1, readable);
    const vkseg::Result<vkseg::Segmentation> result = segmenter.segment({pixels.data(), int(width), int(height), 4});
    require(result.status());
    size_t different = 0;
    for (size_t i = 0; i < on_device.size(); ++i)
        different += on_device[i] != result->soft_mask[i] ? 1 : 0;
    if (different > 0)
        fail("frame " + std::to_string(frame) + ": " + std::to_string(different) + " pixels differ from the host's");
}

void write_ppm(const char* path, const std::vector<uint8_t>& rgba)
{
    std::FILE* const file = std::fopen(path, "wb");
    if (file == nullptr)
        fail(std::string(path) + ": cannot be written");
    std::fprintf(file, "P6\n%u %u\n255\n", width, height);
    for (size_t i = 0; i < rgba.size(); i += 4)
        std::fwrite(rgba.data() + i, 1, 3, file);
    std::fclose(file);
}

void show_frames(App& app, const Arguments& arguments)
{
    vkseg::Result<vkseg::Device> device = vkseg::use_device(app.description());
    require(device.status());
    std::printf("on %s\n", device->description().name.c_str());
    for (const vkseg::VulkanWish& wish : vkseg::missed_wishes(*device))
        std::printf("not enabled: %s (%s)\n", wish.feature.empty() ? wish.extension.c_str() : wish.feature.c_str(),
                    wish.purpose.c_str());
    vkseg::Result<vkseg::Segmenter> segmenter = vkseg::Segmenter::load(*device, arguments.model);
    require(segmenter.status());
    require(segmenter->prepare(int(width), int(height), 4));

    const Image photo = load_photo(app, arguments.photo);
    const Image scene = app.create_image(VK_FORMAT_R8G8B8A8_SRGB, width, height,
                                         VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
                                             VK_IMAGE_USAGE_SAMPLED_BIT);
    const Image mask = app.create_image(VK_FORMAT_R8_UNORM, width, height,
                                        VK_IMAGE_USAGE_TRANSFER_DST_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
                                            VK_IMAGE_USAGE_SAMPLED_BIT);
    const Image result = app.create_image(VK_FORMAT_R8G8B8A8_UNORM, width, height,
                                          VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT);
    const VkSemaphore drawn = app.create_semaphore();
    const VkSemaphore segmented = app.create_semaphore();
    const vkseg::VulkanSemaphore wait = {.semaphore = drawn};
    const vkseg::VulkanSemaphore signal = {.semaphore = segmented};
    const vkseg::VulkanMask wanted = {
        .image = mask.handle, .format = uint32_t(mask.format), .width = width, .height = height};
    vkseg::VulkanFrame frame = {
        .picture = {.image = scene.handle, .format = uint32_t(scene.format), .width = width, .height = height},
        .masks = {&wanted, 1}};
    size_t bytes_by_host = 0;
    {
        const Compositor compositor(app, scene, mask, result);
        for (int i = 0; i < arguments.frames; ++i)
        {
            const vkseg::CopiedBytes before = device->copied_bytes();
            VkCommandBuffer commands = app.begin();
            draw_scene(commands, photo, scene, i);
            if (arguments.records) // one command buffer does it all
            {
                vkseg::Result<vkseg::RecordedFrame> recorded = segmenter->record(commands, frame);
                require(recorded.status());
                compositor.draw(commands, result);
                app.submit(commands);
                require(recorded->check());
            }
            else // semaphores order the three submissions
            {
                app.submit(commands, {}, {drawn});
                frame.waits = {&wait, 1};
                frame.signals = {&signal, 1};
                vkseg::Result<vkseg::Pending<vkseg::StageTimes>> pending = segmenter->submit_on_device(frame);
                require(pending.status());
                VkCommandBuffer compositing = app.begin();
                compositor.draw(compositing, result);
                app.submit(compositing, {segmented});
                require(pending->wait().status());
            }
            const vkseg::CopiedBytes after = device->copied_bytes();
            bytes_by_host += after.to_device - before.to_device + after.to_host - before.to_host;
            if (arguments.compares)
                compare(app, *segmenter, scene, mask, i);
        }
    }
    write_ppm(arguments.result, app.download(result, 4, VK_IMAGE_LAYOUT_GENERAL));
    std::printf("%d frames of %ux%u, %zu bytes of them through the host (counts of invalid values)\n", arguments.frames,
                width, height, bytes_by_host);
    if (bytes_by_host > size_t(arguments.frames) * 64)
        fail("pixels went through the host");
    for (const Image& image : {photo, scene, mask, result})
        app.destroy(image);
    app.destroy(drawn);
    app.destroy(segmented);
}

} // namespace

int main(int argc, char** argv)
{
    const std::optional<Arguments> arguments = parse(argc, argv);
    if (!arguments)
    {
        std::fprintf(stderr, "usage: hello_vulkan MODEL.onnx PHOTO FRAME.ppm [--device NAME] [--frames N] [--record] "
                             "[--compare] [--validate]\n");
        return 2;
    }
    std::vector<std::string> messages;
    {
        App app({.device = arguments->device, .validates = arguments->validates});
        show_frames(app, *arguments);
        messages = app.messages;
    }
    for (const std::string& message : messages)
        std::fprintf(stderr, "%s\n", message.c_str());
    return messages.empty() ? 0 : 1;
}
