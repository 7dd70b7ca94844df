// The bytes of a picture: as a photo, and as a map of labels.
#include "pictures/picture.hpp"
#include "fuzz/target.hpp"

using namespace vkseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const pictures::DecodeOptions options = {.max_pixels = 4096};
    for (const auto decode : {pictures::decode_picture, pictures::decode_labels})
    {
        const Result<pictures::Picture> picture = decode(fuzz::bytes_of(data, size), options);
        fuzz::require_message(picture.status());
        if (picture.is_ok())
            fuzz::require(picture->pixels.size() ==
                              size_t(picture->width) * size_t(picture->height) * size_t(picture->channels),
                          "a picture has as many bytes as its size says");
    }
    return 0;
}
