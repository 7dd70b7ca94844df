#pragma once

#include "picture.hpp"

/// One decoder per format, and the functions that decoders share. decode.cpp picks the decoder.
namespace vkseg::pictures {

using Bytes = std::span<const std::byte>;

Result<Picture> decode_png(Bytes file, int64_t max_pixels);
Result<Picture> decode_png_labels(Bytes file, int64_t max_pixels);
Result<Picture> decode_jpeg(Bytes file, int64_t max_pixels);
Result<Picture> decode_webp(Bytes file, int64_t max_pixels);
Result<Picture> decode_gif(Bytes file, int64_t max_pixels);
Result<Picture> decode_bmp(Bytes file, int64_t max_pixels);
Result<Picture> decode_tga(Bytes file, int64_t max_pixels);
Result<Picture> decode_pnm(Bytes file, int64_t max_pixels);
/// True if the file may be a TGA, judged by its header: the format has no signature.
bool is_tga(Bytes file);

/// Fails if there are no pixels or more than `max_pixels`. Call before allocating the pixels.
Status check_size(int64_t width, int64_t height, int64_t max_pixels);
/// Returns a picture of zeros. The size must have passed check_size().
Picture make_picture(int width, int height, int channels);

Status refused(std::string message);
Status damaged(const std::string& reason);
/// The status of a file that has fewer bytes than its picture needs; `needed` is 0 if that number is unknown.
Status cut_short(Bytes file, uint64_t needed = 0);

constexpr const char* rounded_note = "more than 8 bits a channel, rounded to 8";
constexpr const char* animation_note = "an animation, of which the first frame is taken";

inline uint8_t byte_at(Bytes bytes, size_t at)
{
    return uint8_t(bytes[at]);
}
inline uint32_t little_16(Bytes bytes, size_t at)
{
    return uint32_t(byte_at(bytes, at)) | uint32_t(byte_at(bytes, at + 1)) << 8;
}
inline uint32_t little_32(Bytes bytes, size_t at)
{
    return little_16(bytes, at) | little_16(bytes, at + 2) << 16;
}
inline uint32_t big_16(Bytes bytes, size_t at)
{
    return uint32_t(byte_at(bytes, at)) << 8 | byte_at(bytes, at + 1);
}
inline uint32_t big_32(Bytes bytes, size_t at)
{
    return big_16(bytes, at) << 16 | big_16(bytes, at + 2);
}

} // namespace vkseg::pictures
