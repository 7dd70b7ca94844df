#pragma once

#include "output_file.hpp"
#include "vkseg/device.hpp"
#include "vkseg/trace.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace vkseg::cli {

/// Records what the library and the program do, for `--trace FILE`, and writes it in Chrome's trace format, which
/// https://ui.perfetto.dev and chrome://tracing show. One at a time.
class TraceFile
{
public:
    /// Records nothing if `path` is empty. Fails if a file cannot be written there.
    explicit TraceFile(const std::filesystem::path& path);
    /// Ends the recording; writes nothing unless finish() was called.
    ~TraceFile();
    TraceFile(const TraceFile&) = delete;
    TraceFile& operator=(const TraceFile&) = delete;

    bool is_on() const { return !name_.empty(); }

    /// Ends the recording and writes the file, if one is wanted. `program` is the title, such as "vkseg run". Warns if
    /// the device has no timestamps, and so no nodes in the trace.
    void finish(const std::string& program, const Device& device);

private:
    friend class ProgramSpan;

    struct Span
    {
        std::string name;
        std::string category;
        std::string detail;
        std::string device;
        int64_t begin_ns = 0;
        int64_t end_ns = 0;
        uint32_t track = 0; ///< 0: the program's own span
    };

    void add(const TraceSpan& span);
    std::string json(const std::string& program) const;

    std::string name_;
    std::optional<OutputFile> file_;
    std::thread::id main_thread_ = std::this_thread::get_id();
    uint32_t main_track_ = 0; ///< 0: the library has done nothing on the main thread
    size_t lost_ = 0;         ///< spans beyond the maximum
    std::vector<Span> spans_;
};

/// A step of the program itself, such as reading a picture, on the main thread. Recorded if a TraceFile exists.
class ProgramSpan
{
public:
    explicit ProgramSpan(const char* name);
    ~ProgramSpan();
    ProgramSpan(const ProgramSpan&) = delete;
    ProgramSpan& operator=(const ProgramSpan&) = delete;

private:
    const char* name_;
    int64_t begin_ns_;
};

} // namespace vkseg::cli
