#include "commands.hpp"
#include "frame_queue.hpp"
#include "trace_file.hpp"
#include "video_stream.hpp"

#include <algorithm>
#include <deque>
#include <exception>
#include <thread>

namespace vkseg::cli {
namespace {

enum class Shown
{
    mask,
    labels,
    overlay,
    cutout
};

Shown shown_of(const std::string& output)
{
    return output == "labels"    ? Shown::labels
           : output == "overlay" ? Shown::overlay
           : output == "cutout"  ? Shown::cutout
                                 : Shown::mask;
}

/// Makes the pictures of the output.
class Renderer
{
public:
    Renderer(const Segmenter& segmenter, Shown what)
        : palette_(palette_of(segmenter)), what_(what), is_soft_(has_soft_mask(segmenter.description()))
    {
        const int64_t soft_class = segmenter.description().soft_class;
        colour_ = palette_[soft_class >= 0 ? size_t(soft_class) : 1];
        if (what == Shown::cutout && !is_soft_)
            throw Failure(wrong_usage,
                          "--video-output cutout: expected a model of two classes, or whose description has "
                          "output.soft_class");
    }

    Picture picture_of(const Picture& frame, const Segmentation& segmentation) const
    {
        switch (what_)
        {
        case Shown::overlay:
            return is_soft_ ? make_soft_overlay(frame, segmentation, colour_)
                            : make_overlay(frame, segmentation, palette_);
        case Shown::cutout:
            return make_cutout(frame, segmentation);
        case Shown::mask:
        case Shown::labels:
            break;
        }
        const bool is_mask = what_ == Shown::mask && is_soft_;
        return {.width = frame.width,
                .height = frame.height,
                .channels = 1,
                .pixels = is_mask ? segmentation.soft_mask : segmentation.labels,
                .notes = {}};
    }

private:
    std::vector<Colour> palette_;
    Colour colour_;
    Shown what_;
    bool is_soft_;
};

VideoFormat output_format(const VideoFormat& input, Shown what, bool is_raw)
{
    VideoFormat format = {.width = input.width, .height = input.height};
    format.is_y4m = input.is_y4m && !is_raw;
    switch (what)
    {
    case Shown::mask:
    case Shown::labels:
        format.pixels = PixelFormat::grey;
        format.colours.is_full_range = true;
        break;
    case Shown::cutout:
        if (format.is_y4m)
            throw Failure(wrong_usage, "--video-output cutout: y4m has no alpha; add --video-raw for frames of rgba");
        format.pixels = PixelFormat::rgba;
        break;
    case Shown::overlay:
        format.pixels = input.pixels == PixelFormat::bgr24 ? PixelFormat::bgr24 : PixelFormat::rgb24;
        if (format.is_y4m)
        {
            format.pixels = PixelFormat::yuv;
            format.planes = {.width = input.width, .height = input.height};
            format.colours = input.colours;
        }
        break;
    }
    format.y4m_tags = input.y4m_tags;
    return format;
}

/// Frames per second, on a terminal's stderr while frames are written, and once more at the end.
class FrameRate
{
public:
    void count()
    {
        constexpr double shown_every_ms = 500;
        ++frames_;
        if (!is_terminal_ || since_.ms() - shown_at_ms_ < shown_every_ms)
            return;
        shown_at_ms_ = since_.ms();
        fmt::print(stderr, "\rframe {}, {:.1f} frames per second \033[K", frames_, per_second());
        std::fflush(stderr);
        is_shown_ = true;
    }

    void clear_line()
    {
        if (std::exchange(is_shown_, false))
            fmt::print(stderr, "\r\033[K");
    }

    void print(const VideoFormat& format)
    {
        clear_line();
        fmt::print(stderr, "{} frames of {}x{} in {:.2f} s: {:.1f} frames per second\n", frames_, format.width,
                   format.height, since_.ms() / 1000, per_second());
    }

private:
    double per_second() const { return double(frames_) * 1000 / std::max(since_.ms(), 1e-3); }

    Stopwatch since_;
    double shown_at_ms_ = 0;
    size_t frames_ = 0;
    bool is_terminal_ = stderr_is_terminal();
    bool is_shown_ = false;
};

/// Reads frames on a thread of its own. It may wait for a frame for ever, so it outlives what has no use for frames any
/// more: the thread shares what it uses, and is not joined.
class FrameSource
{
public:
    FrameSource(std::unique_ptr<VideoReader> reader, size_t capacity)
        : shared_(std::make_shared<Shared>(std::move(reader), capacity))
    {
        std::thread([shared = shared_] { shared->work(); }).detach();
    }
    ~FrameSource() { shared_->frames.close(); }
    FrameSource(const FrameSource&) = delete;
    FrameSource& operator=(const FrameSource&) = delete;

    std::optional<Picture> next() { return shared_->frames.pop(); }
    /// After the last frame: throws what has ended the reading.
    void check() const
    {
        if (shared_->failure != nullptr)
            std::rethrow_exception(shared_->failure);
    }

private:
    struct Shared
    {
        Shared(std::unique_ptr<VideoReader> from, size_t capacity) : reader(std::move(from)), frames(capacity) {}

        void work()
        {
            try
            {
                while (std::optional<Picture> frame = reader->read())
                {
                    if (!frames.push(*std::move(frame)))
                        return;
                }
            }
            catch (...)
            {
                failure = std::current_exception();
            }
            frames.close();
        }

        std::unique_ptr<VideoReader> reader;
        FrameQueue<Picture> frames;
        std::exception_ptr failure; // written before the queue is closed
    };

    std::shared_ptr<Shared> shared_; // shared with the thread
};

/// A frame and its masks, or why it has none.
struct SegmentedFrame
{
    Picture frame;
    Result<Segmentation> segmentation;
};

Picture blank_picture(const VideoFormat& format)
{
    Picture picture = {
        .width = format.width, .height = format.height, .channels = format.channels(), .pixels = {}, .notes = {}};
    picture.pixels.resize(size_t(format.width) * size_t(format.height) * size_t(format.channels()));
    return picture;
}

/// Renders and writes frames on a thread of its own. A frame without masks looks as the one before.
class FrameSink
{
public:
    FrameSink(const Renderer& renderer, VideoWriter& writer, const VideoFormat& format, size_t capacity)
        : renderer_(renderer)
        , writer_(writer)
        , format_(format)
        , last_(blank_picture(format))
        , frames_(capacity)
        , thread_([this] { work(); })
    {}
    ~FrameSink()
    {
        frames_.close();
        if (thread_.joinable())
            thread_.join();
    }
    FrameSink(const FrameSink&) = delete;
    FrameSink& operator=(const FrameSink&) = delete;

    /// Returns false if no more frames can be written.
    bool add(SegmentedFrame frame) { return frames_.push(std::move(frame)); }

    /// Waits until all frames are written; throws what has ended the writing.
    void finish()
    {
        frames_.close();
        thread_.join();
        if (failure_ != nullptr)
            std::rethrow_exception(failure_);
        if (count_ > 0)
        {
            writer_.finish();
            rate_.print(format_);
        }
        if (is_broken_)
            fmt::print(stderr, "the output was closed: nobody reads further frames\n");
    }

    /// After finish(): throws if frames failed or there were none.
    void check() const
    {
        if (count_ == 0)
            throw Failure(bad_input, "the video has no frames");
        if (failed_ > 0)
            throw Failure(bad_input, fmt::format("{} of {} frames failed; in the output the frame before is repeated",
                                                 failed_, count_));
    }

private:
    void work()
    {
        try
        {
            while (const std::optional<SegmentedFrame> next = frames_.pop())
            {
                if (!write(*next))
                {
                    is_broken_ = true;
                    break;
                }
            }
        }
        catch (...)
        {
            failure_ = std::current_exception();
        }
        frames_.close();
    }

    bool write(const SegmentedFrame& next)
    {
        if (next.segmentation.is_ok())
            last_ = renderer_.picture_of(next.frame, *next.segmentation);
        else
            tell(next.segmentation.status());
        ++count_;
        if (!writer_.write(last_))
            return false;
        rate_.count();
        return true;
    }

    void tell(const Status& status)
    {
        constexpr size_t max_messages = 10;
        ++failed_;
        rate_.clear_line();
        if (failed_ <= max_messages)
            fmt::print(stderr, "frame {}: {}\n", count_, shown_lines(status.message()));
        if (failed_ == max_messages)
            fmt::print(stderr, "further frames that fail are not listed\n");
    }

    const Renderer& renderer_;
    VideoWriter& writer_;
    const VideoFormat& format_;
    Picture last_; // written last
    FrameQueue<SegmentedFrame> frames_;
    FrameRate rate_;
    size_t count_ = 0;
    size_t failed_ = 0;
    bool is_broken_ = false;
    std::exception_ptr failure_;
    std::thread thread_; // last, as it uses the members above
};

struct SubmittedFrame
{
    Picture frame;
    Pending<Segmentation> segmentation;
};

/// Failures after which no frame can succeed.
void check_goes_on(const Status& status, size_t frame)
{
    if (status.code() == StatusCode::device_lost || status.code() == StatusCode::out_of_memory)
        throw Failure(Status(status).with_context(fmt::format("frame {}", frame)));
}

/// Segments all frames, `in_flight` at a time.
void segment_frames(Segmenter& segmenter, FrameSource& source, FrameSink& sink, size_t in_flight)
{
    std::deque<SubmittedFrame> pending;
    size_t finished = 0;
    const auto hand_over = [&]
    {
        SubmittedFrame oldest = std::move(pending.front());
        pending.pop_front();
        Result<Segmentation> segmentation = oldest.segmentation.wait();
        check_goes_on(segmentation.status(), finished++);
        return sink.add({std::move(oldest.frame), std::move(segmentation)});
    };
    while (std::optional<Picture> frame = source.next())
    {
        Result<Pending<Segmentation>> submitted = segmenter.submit(frame->view());
        if (!submitted.is_ok())
            throw Failure(submitted.status().with_context(fmt::format("frame {}", finished + pending.size())));
        pending.push_back({*std::move(frame), *std::move(submitted)});
        if (pending.size() >= in_flight && !hand_over())
            return;
    }
    while (!pending.empty() && hand_over())
        continue;
}

} // namespace

void run_segment_video(const SegmentOptions& options)
{
    const VideoOptions& video = options.video;
    if (options.pictures.size() != 1)
        throw Failure(wrong_usage, "--video: expected one video, a file or - for the standard input");
    if (!options.labels_directory.empty())
        throw Failure(wrong_usage, "--labels is for pictures; --video-output labels writes label maps");
    const auto in_flight = size_t(video.frames_in_flight);
    TraceFile trace(path_of(options.common.trace));
    auto reader = std::make_unique<VideoReader>(
        VideoInput{.format = video.format, .file = options.pictures[0], .matrix = video.matrix});
    const VideoFormat input = reader->format();
    const Shown what = shown_of(video.output);
    const VideoFormat output = output_format(input, what, video.is_raw);

    const Device device = open_device(options.common, /* is_quiet= */ true); // stdout is for frames
    SessionOptions session_options = session_options_of(options.common);
    session_options.frames_in_flight = in_flight;
    if (trace.is_on() && device.description().has_timestamps)
        session_options.timing = Timing::nodes;
    Progress progress("plan");
    progress.report_from(session_options);
    Segmenter segmenter = load_segmenter(device, options.segmenter, session_options);
    if (segmenter.finds_instances())
        throw Failure(wrong_usage, "--video is for networks that give classes of pixels; this one finds instances");
    const Renderer renderer(segmenter, what);
    require(segmenter.prepare(input.width, input.height, input.channels()));
    if (options.common.verbose)
        fmt::print(stderr, "{}: {}x{}, {} frames in flight\n", device.description().name, input.width, input.height,
                   in_flight);
    {
        VideoWriter writer(options.output.empty() ? "-" : options.output, output);
        constexpr size_t read_ahead = 2;
        FrameSource source(std::move(reader), read_ahead);
        FrameSink sink(renderer, writer, output, read_ahead);
        segment_frames(segmenter, source, sink, in_flight);
        sink.finish();
        trace.finish("vkseg segment --video " + options.segmenter.model.model, device);
        source.check();
        sink.check();
    }
    print_warnings(segmenter.warnings());
    check_validation(device);
}

} // namespace vkseg::cli
