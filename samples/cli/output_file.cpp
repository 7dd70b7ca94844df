#include "output_file.hpp"

#include "common.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>

#ifdef _WIN32
#include <io.h>
#include <process.h>
#include <sys/stat.h>
#else
#include <poll.h>
#include <unistd.h>
#endif

namespace vkseg::cli {
namespace {

namespace fs = std::filesystem;

int process_id()
{
#ifdef _WIN32
    return _getpid();
#else
    return int(getpid());
#endif
}

/// From here on write() tells of a pipe that nobody reads.
void survive_broken_pipes()
{
#ifdef SIGPIPE
    std::signal(SIGPIPE, SIG_IGN);
#endif
}

/// A name beside the target that no other file has, neither of this process nor of others.
fs::path temporary_beside(const fs::path& target)
{
    static std::atomic<unsigned> count = 0;
    return target.parent_path() / fmt::format(".vkseg-{}-{}.part", process_id(), count++);
}

int open_for_writing(const fs::path& path, bool is_new)
{
#ifdef _WIN32
    return _wopen(path.c_str(), O_WRONLY | _O_BINARY | (is_new ? O_CREAT | O_EXCL : 0), _S_IREAD | _S_IWRITE);
#else
    return open(path.c_str(), O_WRONLY | O_CLOEXEC | (is_new ? O_CREAT | O_EXCL : 0), 0666);
#endif
}

} // namespace

OutputFile::OutputFile(const fs::path& path) : name_(path.string())
{
    std::error_code error;
    target_ = fs::weakly_canonical(path, error); // a symbolic link stays one
    if (error || target_.empty())
        target_ = path;
    const fs::file_status status = fs::status(target_, error);
    if (fs::is_directory(status))
        fail("expected a file, got a directory");
    if (fs::is_regular_file(status) || !fs::exists(status))
        temporary_ = temporary_beside(target_);
    descriptor_ = open_for_writing(temporary_.empty() ? target_ : temporary_, !temporary_.empty());
    if (descriptor_ < 0)
        fail(std::strerror(errno));
    if (temporary_.empty())
        survive_broken_pipes();
}

OutputFile::OutputFile() : name_("standard output"), descriptor_(1)
{
#ifdef _WIN32
    _setmode(descriptor_, _O_BINARY);
#endif
    survive_broken_pipes();
}

OutputFile::~OutputFile()
{
    if (descriptor_ < 0 || target_.empty())
        return;
    close(descriptor_);
    std::error_code error;
    if (!temporary_.empty())
        fs::remove(temporary_, error);
}

void OutputFile::fail(const std::string& reason) const
{
    throw Failure(bad_input, fmt::format("{}: cannot be written: {}", name_, reason));
}

bool OutputFile::write(std::span<const std::byte> bytes)
{
    constexpr size_t most = size_t(1) << 30;
    while (!bytes.empty())
    {
        const auto put = ::write(descriptor_, bytes.data(), unsigned(std::min(most, bytes.size())));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN)
        {
            wait_for_writing(descriptor_);
            continue;
        }
        if (put < 0 && errno == EPIPE)
            return false;
        if (put < 0)
            fail(std::strerror(errno));
        bytes = bytes.subspan(size_t(put));
    }
    return true;
}

void OutputFile::finish()
{
    if (target_.empty())
        return;
    const bool is_closed = close(std::exchange(descriptor_, -1)) == 0;
    const std::string reason = is_closed ? "" : std::strerror(errno); // such as a full disk of a file server
    std::error_code error;
    if (is_closed && !temporary_.empty())
        fs::rename(temporary_, target_, error);
    if (is_closed && !error)
        return;
    std::error_code ignored;
    if (!temporary_.empty())
        fs::remove(temporary_, ignored);
    fail(is_closed ? error.message() : reason);
}

#ifdef _WIN32
void wait_for_writing(int) {}
void wait_for_reading(int) {}
#else
namespace {

void wait_for(int descriptor, short events)
{
    pollfd one = {.fd = descriptor, .events = events, .revents = 0};
    while (poll(&one, 1, -1) < 0 && errno == EINTR)
        continue;
}

} // namespace

void wait_for_writing(int descriptor)
{
    wait_for(descriptor, POLLOUT);
}

void wait_for_reading(int descriptor)
{
    wait_for(descriptor, POLLIN);
}
#endif

} // namespace vkseg::cli
