// The library on one page: hello_segmentation MODEL.onnx PHOTO MASK.pgm
#include <vkseg/segment.hpp>

#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

#include <cstdio>

static int fail(const vkseg::Status& status)
{
    std::fprintf(stderr, "%s\n", status.message().c_str());
    return 1;
}

int main(int argc, char** argv)
{
    if (argc != 4)
    {
        std::fprintf(stderr, "usage: hello_segmentation MODEL.onnx PHOTO MASK.pgm\n");
        return 2;
    }

    // The best Vulkan device of this machine.
    vkseg::Result<vkseg::Device> device = vkseg::Device::create();
    if (!device.is_ok())
        return fail(device.status());
    std::printf("on %s\n", device->description().name.c_str());

    // The network, and the description of its input and output in the file beside it.
    vkseg::Result<vkseg::Segmenter> segmenter = vkseg::Segmenter::load(*device, argv[1]);
    if (!segmenter.is_ok())
        return fail(segmenter.status());

    // stb_image ignores the EXIF orientation; the vkseg program applies it.
    int width = 0, height = 0, channels = 0;
    stbi_uc* const pixels = stbi_load(argv[2], &width, &height, &channels, 3);
    if (pixels == nullptr)
        return fail({vkseg::StatusCode::io_error, std::string(argv[2]) + ": cannot be read as a picture"});

    const vkseg::ImageView photo = {.pixels = pixels, .width = width, .height = height, .channels = 3};
    const vkseg::Result<vkseg::Segmentation> result = segmenter->segment(photo);
    stbi_image_free(pixels);
    if (!result.is_ok())
        return fail(result.status());

    std::FILE* const file = std::fopen(argv[3], "wb");
    if (file == nullptr)
        return fail({vkseg::StatusCode::io_error, std::string(argv[3]) + ": cannot be written"});
    std::fprintf(file, "P5\n%d %d\n255\n", result->width, result->height);
    const size_t bytes = result->soft_mask.size();
    const bool is_whole = std::fwrite(result->soft_mask.data(), 1, bytes, file) == bytes;
    if (std::fclose(file) != 0 || !is_whole)
        return fail({vkseg::StatusCode::io_error, std::string(argv[3]) + ": cannot be written"});
    std::printf("%dx%d pixels in %.1f ms\n", width, height, result->times.total_ms);
    return 0;
}
