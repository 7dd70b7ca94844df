#pragma once

#include "output_file.hpp"
#include "pictures.hpp"
#include "yuv.hpp"

#include <memory>
#include <optional>

/// Video as a stream of uncompressed frames: raw, or yuv4mpeg2 (https://wiki.multimedia.cx/index.php/YUV4MPEG2).
namespace vkseg::cli {

enum class PixelFormat : uint8_t
{
    rgb24,
    bgr24,
    rgba,
    grey,
    yuv
};

/// Size and format of a video's frames.
struct VideoFormat
{
    PixelFormat pixels = PixelFormat::rgb24;
    int width = 0;
    int height = 0;
    YuvPlanes planes;   ///< for yuv
    YuvColours colours; ///< for yuv, and for grey frames of y4m
    bool is_y4m = false;
    std::string y4m_tags; ///< " F30:1 Ip A1:1": the tags that output has as well

    size_t frame_bytes() const;
    int channels() const; ///< 1, 3 or 4, for the picture
};

/// The user's choices about the input.
struct VideoInput
{
    std::string format; ///< "768x576:rgb24" or "y4m"
    std::string file;   ///< "-": the standard input
    std::string matrix; ///< "bt601", "bt709", or empty: BT.709 from a height of 720 on
};

/// Reads frames one after another. Failures are thrown.
class VideoReader
{
public:
    /// Reads the header of y4m, and for all formats the first frame.
    explicit VideoReader(const VideoInput& input);
    ~VideoReader();
    VideoReader(const VideoReader&) = delete;
    VideoReader& operator=(const VideoReader&) = delete;

    const VideoFormat& format() const { return format_; }
    /// Nothing at the end of the video. Fails if the video ends within a frame.
    std::optional<Picture> read();

private:
    void read_header(const VideoInput& input);
    bool read_frame_header();
    Picture picture_of_frame() const;

    class Source;
    std::unique_ptr<Source> source_;
    VideoFormat format_;
    std::optional<YuvConverter> converter_;
    std::vector<uint8_t> frame_;
    size_t count_ = 0;
};

/// Writes frames, and for y4m its headers. Failures are thrown.
class VideoWriter
{
public:
    /// `file`: "-": the standard output.
    VideoWriter(const std::string& file, const VideoFormat& format);
    /// The picture is grey, RGB or RGBA, as the format's pixels are. Returns false if nobody reads the output any more.
    bool write(const Picture& picture);
    /// After the last frame: a file gets its name.
    void finish();

private:
    std::optional<OutputFile> file_;
    VideoFormat format_;
    std::optional<YuvConverter> converter_;
    std::vector<uint8_t> frame_;
    bool has_header_ = false;
};

} // namespace vkseg::cli
