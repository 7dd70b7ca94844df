#include "video_stream.hpp"

#include "common.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>

#ifdef _WIN32
#include <io.h>
#include <sys/stat.h>
#else
#include <unistd.h>
#endif

namespace vkseg::cli {
namespace {

constexpr int64_t max_frame_pixels = int64_t(1) << 28;
constexpr size_t max_header_bytes = 512;
constexpr std::string_view y4m_magic = "YUV4MPEG2";

/// The file's descriptor, or that of the standard input, which does not translate line ends.
int open_input(const std::string& file)
{
    if (file == "-")
    {
#ifdef _WIN32
        _setmode(0, _O_BINARY);
#endif
        return 0;
    }
#ifdef _WIN32
    const int descriptor = _wopen(path_of(file).c_str(), O_RDONLY | _O_BINARY);
#else
    const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
#endif
    if (descriptor < 0)
        throw Failure(bad_input, fmt::format("{}: {}", file, std::strerror(errno)));
    return descriptor;
}

int parse_extent(std::string_view text, std::string_view whole, ExitCode code)
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1)
        throw Failure(code,
                      fmt::format("video '{}': expected a width and height of 1 or more", shown(std::string(whole))));
    return value;
}

void check_size(const VideoFormat& format)
{
    if (int64_t(format.width) * format.height > max_frame_pixels)
        throw Failure(bad_input, fmt::format("video of {}x{}: expected at most {} megapixels", format.width,
                                             format.height, max_frame_pixels / 1'000'000));
}

/// "768x576:rgb24"
VideoFormat raw_format(const std::string& text)
{
    static constexpr std::pair<std::string_view, PixelFormat> formats[] = {{"rgb24", PixelFormat::rgb24},
                                                                           {"bgr24", PixelFormat::bgr24},
                                                                           {"rgba", PixelFormat::rgba},
                                                                           {"gray", PixelFormat::grey}};
    const size_t cross = text.find('x');
    const size_t colon = text.find(':');
    if (cross == std::string::npos || colon == std::string::npos || colon < cross)
        throw Failure(
            wrong_usage,
            fmt::format("--video: expected y4m or WIDTHxHEIGHT:FORMAT, such as 768x576:rgb24, got '{}'", text));
    const std::string_view name = std::string_view(text).substr(colon + 1);
    const auto found = std::ranges::find(formats, name, &std::pair<std::string_view, PixelFormat>::first);
    if (found == std::end(formats))
        throw Failure(wrong_usage,
                      fmt::format("--video: expected one of the formats rgb24, bgr24, rgba and gray, got '{}'; "
                                  "ffmpeg converts to them with -pix_fmt",
                                  name));
    VideoFormat format = {.pixels = found->second};
    format.width = parse_extent(std::string_view(text).substr(0, cross), text, wrong_usage);
    format.height = parse_extent(std::string_view(text).substr(cross + 1, colon - cross - 1), text, wrong_usage);
    check_size(format);
    return format;
}

/// The planes of a colour space of y4m: "420jpeg", "444", "mono".
void set_colour_space(VideoFormat& format, std::string_view name)
{
    const auto planes = [&](int x_shift, int y_shift)
    {
        format.pixels = PixelFormat::yuv;
        format.planes = {.width = format.width, .height = format.height, .x_shift = x_shift, .y_shift = y_shift};
    };
    if (name == "420" || name == "420jpeg" || name == "420mpeg2" || name == "420paldv")
        planes(1, 1);
    else if (name == "422")
        planes(1, 0);
    else if (name == "444")
        planes(0, 0);
    else if (name == "mono")
        format.pixels = PixelFormat::grey;
    else
        throw Failure(
            bad_input,
            fmt::format("y4m: expected the colour space 420, 420jpeg, 420mpeg2, 420paldv, 422, 444 or mono, got "
                        "'{}'; convert the video with ffmpeg's -pix_fmt yuv420p",
                        shown(std::string(name))));
}

VideoFormat y4m_format(const std::string& header, const std::string& matrix)
{
    VideoFormat format = {.is_y4m = true};
    std::string_view colour_space = "420";
    std::string_view rest = std::string_view(header).substr(y4m_magic.size());
    while (!rest.empty())
    {
        rest.remove_prefix(1); // the space
        const std::string_view tag = rest.substr(0, rest.find(' '));
        rest.remove_prefix(tag.size());
        if (tag.empty())
            continue;
        const std::string_view value = tag.substr(1);
        switch (tag[0])
        {
        case 'W':
            format.width = parse_extent(value, header, bad_input);
            break;
        case 'H':
            format.height = parse_extent(value, header, bad_input);
            break;
        case 'C':
            colour_space = value;
            break;
        case 'I':
            if (value != "p" && value != "?")
                throw Failure(bad_input, "y4m: the video is interlaced; use ffmpeg's -vf yadif before");
            [[fallthrough]];
        case 'F':
        case 'A':
            format.y4m_tags += " " + std::string(tag);
            break;
        case 'X':
            if (value == "COLORRANGE=FULL")
                format.colours.is_full_range = true;
            break;
        default:
            break;
        }
    }
    if (format.width == 0 || format.height == 0)
        throw Failure(bad_input, "y4m: expected a header with width and height, got '" + shown(header) + "'");
    check_size(format);
    constexpr int first_high_definition = 720;
    const bool is_bt709 = matrix == "bt709" || (matrix.empty() && format.height >= first_high_definition);
    format.colours.matrix = is_bt709 ? YuvMatrix::bt709 : YuvMatrix::bt601;
    set_colour_space(format, colour_space);
    return format;
}

void swap_red_and_blue(std::span<uint8_t> pixels)
{
    for (size_t i = 0; i + 2 < pixels.size(); i += 3)
        std::swap(pixels[i], pixels[i + 2]);
}

} // namespace

size_t VideoFormat::frame_bytes() const
{
    if (pixels == PixelFormat::yuv)
        return planes.luma_bytes() + 2 * planes.chroma_bytes();
    return size_t(width) * size_t(height) * size_t(channels());
}

int VideoFormat::channels() const
{
    return pixels == PixelFormat::grey ? 1 : pixels == PixelFormat::rgba ? 4 : 3;
}

/// Bytes from a descriptor: stdio would lock the stream while a read waits, and the program could not end.
class VideoReader::Source
{
public:
    explicit Source(const std::string& file)
        : name_(file == "-" ? "standard input" : file), descriptor_(open_input(file)), is_owned_(file != "-")
    {}
    ~Source()
    {
        if (is_owned_)
            close(descriptor_);
    }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    /// The number of bytes read, fewer than asked for only at the end.
    size_t read_bytes(std::span<uint8_t> bytes)
    {
        constexpr size_t most = size_t(1) << 30;
        size_t count = 0;
        while (count < bytes.size())
        {
            const auto got = ::read(descriptor_, bytes.data() + count, unsigned(std::min(most, bytes.size() - count)));
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0 && errno == EAGAIN)
            {
                wait_for_reading(descriptor_);
                continue;
            }
            if (got < 0)
                throw Failure(bad_input, fmt::format("{}: cannot be read: {}", name_, std::strerror(errno)));
            if (got == 0)
                break;
            count += size_t(got);
        }
        return count;
    }

    /// A line without its end; nothing at the end of the video.
    std::optional<std::string> read_line()
    {
        std::string line;
        uint8_t byte = 0;
        while (read_bytes({&byte, 1}) == 1)
        {
            if (byte == '\n')
                return line;
            line += char(byte);
            if (line.size() > max_header_bytes)
                throw Failure(bad_input, fmt::format("{}: expected a header of y4m, got other bytes", name_));
        }
        if (line.empty())
            return std::nullopt;
        throw Failure(bad_input, fmt::format("{}: the video ends within a header of y4m", name_));
    }

    const std::string& name() const { return name_; }

private:
    std::string name_;
    int descriptor_;
    bool is_owned_;
};

VideoReader::VideoReader(const VideoInput& input)
{
    if (input.format != "y4m")
        format_ = raw_format(input.format);
    source_ = std::make_unique<Source>(input.file);
    if (input.format == "y4m")
    {
        const std::optional<std::string> header = source_->read_line();
        const bool is_y4m = header && header->starts_with(y4m_magic) &&
                            (header->size() == y4m_magic.size() || (*header)[y4m_magic.size()] == ' ');
        if (!is_y4m)
            throw Failure(bad_input,
                          fmt::format("{}: expected yuv4mpeg2, as ffmpeg's -f yuv4mpegpipe writes it, got {}",
                                      source_->name(), header ? "other bytes" : "nothing"));
        format_ = y4m_format(*header, input.matrix);
        converter_.emplace(format_.colours);
    }
    frame_.resize(format_.frame_bytes());
}

VideoReader::~VideoReader() = default;

/// Returns false at the end of a y4m.
bool VideoReader::read_frame_header()
{
    const std::optional<std::string> header = source_->read_line();
    if (!header)
        return false;
    if (*header != "FRAME" && !header->starts_with("FRAME "))
        throw Failure(bad_input,
                      fmt::format("{}: frame {}: expected y4m's 'FRAME', got other bytes", source_->name(), count_));
    return true;
}

std::optional<Picture> VideoReader::read()
{
    if (format_.is_y4m && !read_frame_header())
        return std::nullopt;
    const size_t got = source_->read_bytes(frame_);
    if (got == 0 && !format_.is_y4m)
        return std::nullopt;
    if (got < frame_.size())
        throw Failure(bad_input,
                      fmt::format("{}: frame {}: expected {} bytes, got {}; the video ends within the frame{}",
                                  source_->name(), count_, frame_.size(), got,
                                  format_.is_y4m ? "" : ", or its size is not as given"));
    ++count_;
    return picture_of_frame();
}

Picture VideoReader::picture_of_frame() const
{
    Picture picture = {.width = format_.width, .height = format_.height, .channels = format_.channels(), .pixels = {}};
    if (!converter_)
    {
        picture.pixels = frame_;
        if (format_.pixels == PixelFormat::bgr24)
            swap_red_and_blue(picture.pixels);
        return picture;
    }
    picture.pixels.resize(size_t(format_.width) * size_t(format_.height) * size_t(format_.channels()));
    if (format_.pixels == PixelFormat::grey)
        converter_->to_grey(frame_, picture.pixels);
    else
        converter_->to_rgb(format_.planes, frame_, picture.pixels);
    return picture;
}

VideoWriter::VideoWriter(const std::string& file, const VideoFormat& format) : format_(format)
{
    if (file == "-")
        file_.emplace();
    else
        file_.emplace(path_of(file));
    if (format.is_y4m && format.pixels == PixelFormat::yuv)
        converter_.emplace(format.colours);
}

void VideoWriter::finish()
{
    file_->finish();
}

bool VideoWriter::write(const Picture& picture)
{
    frame_.clear();
    const auto add = [&](const std::string& text) { frame_.insert(frame_.end(), text.begin(), text.end()); };
    if (format_.is_y4m && !std::exchange(has_header_, true))
        add(fmt::format("{} W{} H{}{} C{} XCOLORRANGE={}\n", y4m_magic, format_.width, format_.height, format_.y4m_tags,
                        format_.pixels == PixelFormat::grey ? "mono" : "444",
                        format_.colours.is_full_range ? "FULL" : "LIMITED"));
    if (format_.is_y4m)
        add("FRAME\n");
    const size_t begin = frame_.size();
    frame_.insert(frame_.end(), picture.pixels.begin(), picture.pixels.end());
    if (converter_)
        converter_->from_rgb(picture.pixels, std::span(frame_).subspan(begin));
    if (format_.pixels == PixelFormat::bgr24)
        swap_red_and_blue(std::span(frame_).subspan(begin));
    return file_->write(std::as_bytes(std::span(frame_)));
}

} // namespace vkseg::cli
