// cpp_page MODEL.onnx: runs the functions that docs/use_in/cpp.md shows.
#include <vkseg/segment.hpp>

#include <cstdio>
#include <future>

#include "errors.inc"
#include "threads.inc"

static vkseg::Status segment(const char* model)
{
    const vkseg::Result<vkseg::Device> device = vkseg::Device::create();
    if (!device.is_ok())
        return device.status();
    const std::vector<uint8_t> grey(40 * 30 * 3, 128);
    const vkseg::ImageView photo = {.pixels = grey.data(), .width = 40, .height = 30};
    vkseg::Result<vkseg::Segmenter> first = load_within(*device, model, photo.width, photo.height);
    if (!first.is_ok())
        return first.status();
    vkseg::Result<vkseg::Segmenter> second = load_within(*device, model, photo.width, photo.height);
    if (!second.is_ok())
        return second.status();
    const std::vector<vkseg::Result<vkseg::Segmentation>> results = segment_both(*first, *second, photo, photo);
    for (const vkseg::Result<vkseg::Segmentation>& result : results)
    {
        if (!result.is_ok())
            return result.status();
    }
    return results[0]->soft_mask == results[1]->soft_mask
               ? vkseg::Status()
               : vkseg::Status(vkseg::StatusCode::device_lost, "masks differ");
}

int main(int argc, char** argv)
{
    if (argc != 2)
        return 2;
    const vkseg::Status status = segment(argv[1]);
    if (!status.is_ok())
        std::fprintf(stderr, "cpp_page: %s\n", status.message().c_str());
    return status.is_ok() ? 0 : 1;
}
