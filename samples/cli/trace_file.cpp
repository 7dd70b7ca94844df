#include "trace_file.hpp"

#include "common.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace vkseg::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t max_spans = 1'000'000; // about 150 MB of JSON
constexpr uint32_t program_id = 1;      // devices have the ids after it

TraceFile* recording = nullptr;

int64_t now_ns()
{
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Json name_event(const char* kind, uint32_t process, uint32_t thread, const std::string& name)
{
    return {{"ph", "M"}, {"pid", process}, {"tid", thread}, {"name", kind}, {"args", {{"name", name}}}};
}

} // namespace

TraceFile::TraceFile(const std::filesystem::path& path) : name_(path.string())
{
    if (!is_on())
        return;
    file_.emplace(path);
    recording = this;
    set_trace([](const TraceSpan& span, void* user) { static_cast<TraceFile*>(user)->add(span); }, this);
}

TraceFile::~TraceFile()
{
    if (recording != this)
        return;
    set_trace(nullptr);
    recording = nullptr;
}

void TraceFile::add(const TraceSpan& span)
{
    const bool is_host = span.device == nullptr;
    if (is_host && span.track != 0 && std::this_thread::get_id() == main_thread_)
        main_track_ = span.track;
    if (spans_.size() == max_spans)
    {
        ++lost_;
        return;
    }
    spans_.push_back({.name = span.name,
                      .category = span.category,
                      .detail = span.detail,
                      .device = is_host ? "" : span.device,
                      .begin_ns = span.begin_ns,
                      .end_ns = span.end_ns,
                      .track = span.track});
}

std::string TraceFile::json(const std::string& program) const
{
    const auto earlier = [](const Span& a, const Span& b) { return a.begin_ns < b.begin_ns; };
    const auto first = std::ranges::min_element(spans_, earlier);
    const int64_t origin_ns = first == spans_.end() ? 0 : first->begin_ns;
    std::string text = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
    const auto write = [&](const Json& event)
    { text += event.dump(-1, ' ', false, Json::error_handler_t::replace) + ",\n"; };

    std::map<std::pair<uint32_t, uint32_t>, bool> tracks; // process and thread
    write(name_event("process_name", program_id, 0, program));
    for (const Span& span : spans_)
    {
        const bool is_host = span.device.empty();
        const uint32_t process = is_host ? program_id : program_id + span.track;
        const uint32_t thread = is_host && span.track == 0 ? main_track_ : span.track;
        if (tracks.try_emplace({process, thread}).second)
        {
            if (!is_host)
                write(name_event("process_name", process, thread, "device: " + span.device));
            const std::string thread_name = thread == main_track_ ? "main thread" : fmt::format("thread {}", thread);
            write(name_event("thread_name", process, thread, is_host ? thread_name : "nodes"));
        }
        Json event = {{"ph", "X"},
                      {"pid", process},
                      {"tid", thread},
                      {"ts", double(span.begin_ns - origin_ns) / 1000}, // microseconds
                      {"dur", double(span.end_ns - span.begin_ns) / 1000},
                      {"name", span.name},
                      {"cat", span.category}};
        if (!span.detail.empty())
            event["args"] = {{"detail", span.detail}};
        write(event);
    }
    text.resize(text.size() - 2); // the last comma
    return text + "\n]}\n";
}

void TraceFile::finish(const std::string& program, const Device& device)
{
    if (!is_on())
        return;
    set_trace(nullptr);
    recording = nullptr;
    const std::string text = json(program);
    file_->write(std::as_bytes(std::span(text)));
    file_->finish();
    if (!device.description().has_timestamps)
        fmt::print(stderr, "warning: {}: has no nodes, as the device has no timestamps\n", name_);
    if (lost_ > 0)
        fmt::print(stderr, "warning: {}: has the first {} spans; {} more are left out\n", name_, max_spans, lost_);
}

ProgramSpan::ProgramSpan(const char* name) : name_(name), begin_ns_(recording != nullptr ? now_ns() : 0) {}

ProgramSpan::~ProgramSpan()
{
    if (recording != nullptr)
        recording->add({.name = name_, .category = "program", .begin_ns = begin_ns_, .end_ns = now_ns()});
}

} // namespace vkseg::cli
