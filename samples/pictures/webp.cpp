#include "exif.hpp"

#include <fmt/format.h>
#include <memory>

#include <webp/decode.h>
#include <webp/demux.h>

namespace vkseg::pictures {
namespace {

using Demuxer = std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)>;
using AnimationDecoder = std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)>;

WebPData as_data(Bytes file)
{
    return {reinterpret_cast<const uint8_t*>(file.data()), file.size()};
}

Status failure_of(Bytes file, VP8StatusCode code)
{
    switch (code)
    {
    case VP8_STATUS_OUT_OF_MEMORY:
        return {StatusCode::out_of_memory, "out of memory"};
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
        return cut_short(file);
    default:
        return damaged("its WebP data cannot be decoded");
    }
}

Result<Picture> decode_still(Bytes file, const WebPBitstreamFeatures& features)
{
    Picture picture = make_picture(features.width, features.height, features.has_alpha != 0 ? 4 : 3);
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0)
        return refused("the installed WebP library is incompatible with the version that vkseg was built with");
    config.output.colorspace = picture.channels == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA = {
        .rgba = picture.pixels.data(), .stride = picture.width * picture.channels, .size = picture.pixels.size()};
    const WebPData data = as_data(file);
    const VP8StatusCode code = WebPDecode(data.bytes, data.size, &config);
    WebPFreeDecBuffer(&config.output);
    if (code != VP8_STATUS_OK)
        return failure_of(file, code);
    return picture;
}

Result<Picture> decode_first_frame(Bytes file)
{
    const WebPData data = as_data(file);
    const AnimationDecoder decoder(WebPAnimDecoderNew(&data, nullptr), WebPAnimDecoderDelete);
    WebPAnimInfo info;
    uint8_t* canvas = nullptr;
    int time_ms = 0;
    if (!decoder || WebPAnimDecoderGetInfo(decoder.get(), &info) == 0 ||
        WebPAnimDecoderGetNext(decoder.get(), &canvas, &time_ms) == 0)
        return damaged("its WebP animation cannot be decoded");
    Picture picture = make_picture(int(info.canvas_width), int(info.canvas_height), 4);
    std::copy(canvas, canvas + picture.pixels.size(), picture.pixels.begin());
    picture.notes.emplace_back(animation_note);
    return picture;
}

int orientation_of(Bytes file)
{
    const WebPData data = as_data(file);
    const Demuxer demuxer(WebPDemux(&data), WebPDemuxDelete);
    WebPChunkIterator chunk = {};
    int orientation = 1;
    if (demuxer && WebPDemuxGetChunk(demuxer.get(), "EXIF", 1, &chunk) != 0)
        orientation = exif_orientation({reinterpret_cast<const std::byte*>(chunk.chunk.bytes), chunk.chunk.size});
    WebPDemuxReleaseChunkIterator(&chunk);
    return orientation;
}

} // namespace

Result<Picture> decode_webp(Bytes file, int64_t max_pixels)
{
    constexpr size_t riff_header_bytes = 8;
    const uint64_t size = riff_header_bytes + uint64_t(little_32(file, 4));
    if (size > file.size())
        return cut_short(file, size);
    const WebPData data = as_data(file);
    WebPBitstreamFeatures features;
    if (const VP8StatusCode code = WebPGetFeatures(data.bytes, data.size, &features); code != VP8_STATUS_OK)
        return failure_of(file, code);
    if (Status status = check_size(features.width, features.height, max_pixels); !status.is_ok())
        return status;
    Result<Picture> picture = features.has_animation != 0 ? decode_first_frame(file) : decode_still(file, features);
    if (!picture.is_ok())
        return picture;
    return turn_upright(*std::move(picture), orientation_of(file));
}

} // namespace vkseg::pictures
