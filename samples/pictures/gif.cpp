#include "formats.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include <gif_lib.h>

// GIF89a specification, sections 18 to 23: a canvas, and frames that may cover a part of it.
namespace vkseg::pictures {
namespace {

struct Source
{
    Bytes file;
    size_t at = 0;
};

int read_bytes(GifFileType* gif, GifByteType* to, int count)
{
    auto& source = *static_cast<Source*>(gif->UserData);
    const size_t available = std::min(size_t(count), source.file.size() - source.at);
    std::memcpy(to, source.file.data() + source.at, available);
    source.at += available;
    return int(available);
}

void close(GifFileType* gif)
{
    DGifCloseFile(gif, nullptr);
}
using Gif = std::unique_ptr<GifFileType, decltype(&close)>;

/// True if the file ended too soon. giflib sets no error if the file ends right after the description of a frame.
bool is_cut_short(const Source& source, int code)
{
    return code == D_GIF_ERR_READ_FAILED || code == D_GIF_ERR_EOF_TOO_SOON ||
           (code == 0 && source.at == source.file.size());
}

Status failure_of(const Source& source, int code)
{
    if (is_cut_short(source, code))
        return cut_short(source.file);
    const char* const reason = GifErrorString(code);
    return damaged(reason != nullptr ? reason : "its GIF data cannot be decoded");
}

enum class Next
{
    frame,
    end,     ///< marked by the format's trailer
    nothing, ///< the file ends between two records: some files lack the trailer
    error,
};

/// Advances to the next frame; sets `graphics` from the control block before that frame, if there is one.
Next find_frame(GifFileType* gif, GraphicsControlBlock& graphics)
{
    const auto& source = *static_cast<const Source*>(gif->UserData);
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    while (source.at < source.file.size())
    {
        if (DGifGetRecordType(gif, &type) == GIF_ERROR)
            return Next::error;
        if (type == TERMINATE_RECORD_TYPE)
            return Next::end;
        if (type == IMAGE_DESC_RECORD_TYPE)
            return DGifGetImageDesc(gif) == GIF_ERROR ? Next::error : Next::frame;
        int code = 0;
        GifByteType* block = nullptr;
        if (DGifGetExtension(gif, &code, &block) == GIF_ERROR)
            return Next::error;
        while (block != nullptr)
        {
            if (code == GRAPHICS_EXT_FUNC_CODE && block[0] == 4)
                DGifExtensionToGCB(4, block + 1, &graphics);
            if (DGifGetExtensionNext(gif, &block) == GIF_ERROR)
                return Next::error;
        }
    }
    return Next::nothing;
}

bool skip_frame(GifFileType* gif)
{
    int code_size = 0;
    GifByteType* block = nullptr;
    bool is_whole = DGifGetCode(gif, &code_size, &block) != GIF_ERROR;
    while (is_whole && block != nullptr)
        is_whole = DGifGetCodeNext(gif, &block) != GIF_ERROR;
    return is_whole;
}

/// Reads on after the first frame: looks for more frames and fails if the file is cut short within one. Ignores any
/// other damage there, because it does not affect the first frame.
Status look_for_more(GifFileType* gif, const Source& source, bool& has_more)
{
    GraphicsControlBlock graphics = {};
    for (;;)
    {
        const Next next = find_frame(gif, graphics);
        const bool is_whole = next != Next::error && (next != Next::frame || skip_frame(gif));
        if (!is_whole)
            return is_cut_short(source, gif->Error) ? cut_short(source.file) : Status();
        if (next != Next::frame)
            return {};
        has_more = true;
        GifFreeSavedImages(gif); // giflib would keep them until the end
        gif->ImageCount = 0;
    }
}

/// Row numbers of a frame in the order in which the rows are stored.
std::vector<int> stored_rows(const GifImageDesc& frame)
{
    struct Pass
    {
        int first = 0;
        int step = 1;
    };
    constexpr Pass interlaced[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
    constexpr Pass plain[] = {{0, 1}};
    std::vector<int> rows;
    for (const Pass& pass : frame.Interlace ? std::span<const Pass>(interlaced) : std::span<const Pass>(plain))
    {
        for (int row = pass.first; row < frame.Height; row += pass.step)
            rows.push_back(row);
    }
    return rows;
}

Status read_frame(GifFileType* gif, const Source& source, int transparent, Picture& canvas)
{
    const GifImageDesc& frame = gif->Image;
    const ColorMapObject* const colours = frame.ColorMap != nullptr ? frame.ColorMap : gif->SColorMap;
    if (colours == nullptr)
        return damaged("it has no colours");
    std::vector<GifPixelType> line(size_t(frame.Width));
    for (const int row : stored_rows(frame))
    {
        if (DGifGetLine(gif, line.data(), frame.Width) == GIF_ERROR)
            return failure_of(source, gif->Error);
        uint8_t* to = canvas.pixels.data() + (size_t(frame.Top + row) * size_t(canvas.width) + size_t(frame.Left)) * 4;
        for (const GifPixelType index : line)
        {
            if (index >= colours->ColorCount && index != transparent)
                return damaged("a pixel's colour is not in the palette");
            if (index != transparent)
            {
                const GifColorType& colour = colours->Colors[index];
                const uint8_t pixel[4] = {colour.Red, colour.Green, colour.Blue, 255};
                std::copy(std::begin(pixel), std::end(pixel), to);
            }
            to += 4;
        }
    }
    return {};
}

Picture without_alpha(Picture picture)
{
    Picture result = make_picture(picture.width, picture.height, 3);
    for (size_t i = 0; i < result.pixels.size() / 3; ++i)
        std::copy_n(picture.pixels.data() + i * 4, 3, result.pixels.data() + i * 3);
    result.notes = std::move(picture.notes);
    return result;
}

bool is_opaque(const Picture& picture)
{
    for (size_t i = 3; i < picture.pixels.size(); i += 4)
    {
        if (picture.pixels[i] != 255)
            return false;
    }
    return true;
}

} // namespace

Result<Picture> decode_gif(Bytes file, int64_t max_pixels)
{
    Source source = {.file = file};
    int code = 0;
    const Gif gif(DGifOpen(&source, read_bytes, &code), close);
    if (!gif)
        return failure_of(source, code);
    if (Status status = check_size(gif->SWidth, gif->SHeight, max_pixels); !status.is_ok())
        return status;
    GraphicsControlBlock graphics = {};
    graphics.TransparentColor = NO_TRANSPARENT_COLOR;
    const Next first = find_frame(gif.get(), graphics);
    if (first == Next::nothing)
        return cut_short(file);
    if (first == Next::end)
        return damaged("it has no frame");
    if (first == Next::error)
        return failure_of(source, gif->Error);
    const GifImageDesc& frame = gif->Image;
    const bool is_inside = frame.Left + frame.Width <= gif->SWidth && frame.Top + frame.Height <= gif->SHeight;
    if (frame.Width < 1 || frame.Height < 1 || !is_inside)
        return damaged("its first frame is empty or not inside its canvas");
    Picture canvas = make_picture(gif->SWidth, gif->SHeight, 4);
    if (Status status = read_frame(gif.get(), source, graphics.TransparentColor, canvas); !status.is_ok())
        return status;
    bool has_more = false;
    if (Status status = look_for_more(gif.get(), source, has_more); !status.is_ok())
        return status;
    if (has_more)
        canvas.notes.emplace_back(animation_note);
    if (is_opaque(canvas))
        return without_alpha(std::move(canvas));
    return canvas;
}

} // namespace vkseg::pictures
