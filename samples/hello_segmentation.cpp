// The whole library in one page: hello_segmentation MODEL.onnx PHOTO MASK.pgm
#include "pictures/picture.hpp"

#include <vkseg/segment.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>

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

    // The network, and beside it the description of what it takes and gives.
    vkseg::Result<vkseg::Segmenter> segmenter = vkseg::Segmenter::load(*device, argv[1]);
    if (!segmenter.is_ok())
        return fail(segmenter.status());

    // The library takes pixels; the samples' own reader makes them of a file.
    std::ifstream photo_file(argv[2], std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(photo_file)), std::istreambuf_iterator<char>());
    const vkseg::Result<vkseg::pictures::Picture> photo =
        vkseg::pictures::decode_picture(std::as_bytes(std::span(bytes)));
    if (!photo.is_ok())
        return fail(photo.status().with_context(argv[2]));

    const vkseg::Result<vkseg::Segmentation> result = segmenter->segment(photo->view());
    if (!result.is_ok())
        return fail(result.status());

    std::FILE* const file = std::fopen(argv[3], "wb");
    if (file == nullptr)
        return fail({vkseg::StatusCode::io_error, std::string(argv[3]) + ": cannot be written"});
    std::fprintf(file, "P5\n%d %d\n255\n", result->width, result->height);
    std::fwrite(result->soft_mask.data(), 1, result->soft_mask.size(), file);
    std::fclose(file);
    std::printf("%dx%d pixels in %.1f ms\n", result->width, result->height, result->times.total_ms);
    return 0;
}
