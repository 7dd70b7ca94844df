#include "base/write_file.hpp"

#include "base/text.hpp"

#include <atomic>
#include <fstream>
#include <string>
#include <system_error>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace vkseg {
namespace {

namespace fs = std::filesystem;

// Unique among all concurrent writers.
std::string temporary_suffix()
{
    static std::atomic<unsigned> count = 0;
#ifdef _WIN32
    const int process = _getpid();
#else
    const int process = int(getpid());
#endif
    return std::to_string(process) + "-" + std::to_string(count++) + ".tmp";
}

} // namespace

Status write_file(const fs::path& path, std::initializer_list<std::span<const std::byte>> parts)
{
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    fs::path temporary = path;
    temporary += ".";
    temporary += temporary_suffix();
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    for (const std::span<const std::byte> part : parts)
        file.write(reinterpret_cast<const char*>(part.data()), std::streamsize(part.size()));
    file.close();
    const bool is_written = !file.fail();
    if (is_written)
        fs::rename(temporary, path, error);
    if (is_written && !error)
        return {};
    fs::remove(temporary, error);
    return Status(StatusCode::io_error, printable_path(path) + ": could not be written");
}

} // namespace vkseg
