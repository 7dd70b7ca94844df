#include "vk/pipeline_cache_file.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/write_file.hpp"

namespace vkseg::vk {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t max_file_bytes = uint64_t(1) << 30; // some drivers let caches grow without bound

// The file is this header in the byte order of the machine, then data_bytes bytes from vkGetPipelineCacheData.
struct FileHeader
{
    char magic[8] = {'v', 'k', 's', 'e', 'g', 'p', 'c', '\n'};
    uint32_t version = 1;
    uint32_t vendor_id = 0;
    uint32_t device_id = 0;
    uint32_t driver_version = 0;
    uint8_t driver_uuid[16] = {};
    uint8_t pipeline_cache_uuid[16] = {};
    uint64_t data_bytes = 0;
    uint64_t checksum = 0;
};
static_assert(sizeof(FileHeader) == 72, "the header has no padding, so that it can be compared and written as it is");

// FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
uint64_t checksum_of(std::span<const std::byte> data)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const std::byte byte : data)
        hash = (hash ^ uint64_t(byte)) * 0x100000001b3u;
    return hash;
}

FileHeader make_header(const PipelineCacheOwner& owner, std::span<const std::byte> data)
{
    FileHeader header;
    header.vendor_id = owner.vendor_id;
    header.device_id = owner.device_id;
    header.driver_version = owner.driver_version;
    std::memcpy(header.driver_uuid, owner.driver_uuid.data(), owner.driver_uuid.size());
    std::memcpy(header.pipeline_cache_uuid, owner.pipeline_cache_uuid.data(), owner.pipeline_cache_uuid.size());
    header.data_bytes = data.size();
    header.checksum = checksum_of(data);
    return header;
}

std::string to_hexadecimal(std::span<const uint8_t> bytes)
{
    std::string text;
    for (const uint8_t byte : bytes)
    {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", unsigned(byte));
        text += digits;
    }
    return text;
}

void log_reading(LogLevel level, const fs::path& path, const std::string& what)
{
    if (is_logged(level))
        write_log(level, "pipeline cache: " + printable_path(path) + what);
}

#ifdef _WIN32
fs::path environment_path(const wchar_t* variable)
{
    const wchar_t* value = _wgetenv(variable);
    return value != nullptr ? fs::path(value) : fs::path();
}
#elif !defined(__ANDROID__)
fs::path environment_path(const char* variable)
{
    const char* value = std::getenv(variable);
    return value != nullptr ? fs::path(value) : fs::path();
}
#endif

} // namespace

fs::path default_cache_directory()
{
#ifdef _WIN32
    const fs::path local = environment_path(L"LOCALAPPDATA");
    return local.empty() ? fs::path() : local / "vkseg" / "cache";
#elif defined(__ANDROID__)
    return {}; // only the app knows its folders
#else
    // Relative paths must be ignored: XDG Base Directory Specification 0.8.
    if (const fs::path cache = environment_path("XDG_CACHE_HOME"); cache.is_absolute())
        return cache / "vkseg";
    const fs::path home = environment_path("HOME");
    return home.empty() ? fs::path() : home / ".cache" / "vkseg";
#endif
}

fs::path pipeline_cache_path(const fs::path& directory, const PipelineCacheOwner& owner)
{
    char numbers[64];
    std::snprintf(numbers, sizeof numbers, "pipelines-%04x-%04x-%08x-", unsigned(owner.vendor_id),
                  unsigned(owner.device_id), unsigned(owner.driver_version));
    return directory / (numbers + to_hexadecimal(owner.pipeline_cache_uuid) + ".bin");
}

std::span<const std::byte> cached_pipelines(std::span<const std::byte> file, const PipelineCacheOwner& owner)
{
    if (file.size() < sizeof(FileHeader))
        return {};
    const std::span<const std::byte> data = file.subspan(sizeof(FileHeader));
    const FileHeader expected = make_header(owner, data);
    return std::memcmp(file.data(), &expected, sizeof expected) == 0 ? data : std::span<const std::byte>();
}

std::vector<std::byte> read_pipeline_cache(const fs::path& path, const PipelineCacheOwner& owner)
{
    std::error_code error;
    const uint64_t file_bytes = fs::file_size(path, error);
    if (error)
    {
        log_reading(LogLevel::debug, path, ": not read: " + error.message());
        return {};
    }
    if (file_bytes > max_file_bytes)
    {
        log_reading(LogLevel::warning, path, ": ignored, as it is larger than 1 GiB");
        return {};
    }
    std::vector<std::byte> bytes(size_t{file_bytes});
    std::ifstream file(path, std::ios::binary);
    if (!file.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(bytes.size())))
    {
        log_reading(LogLevel::warning, path, ": ignored, as it cannot be read");
        return {};
    }
    const std::span<const std::byte> data = cached_pipelines(bytes, owner);
    if (data.empty())
        log_reading(LogLevel::warning, path, ": ignored, as it is damaged or belongs to another driver");
    else
        log_reading(LogLevel::debug, path, ": read, " + std::to_string(data.size()) + " bytes");
    return {data.begin(), data.end()};
}

Status write_pipeline_cache(const fs::path& path, const PipelineCacheOwner& owner, std::span<const std::byte> data)
{
    if (data.size() > max_file_bytes - sizeof(FileHeader))
        return Status(StatusCode::io_error, "pipeline cache: expected at most 1 GiB, got more from the driver");
    const FileHeader header = make_header(owner, data);
    return write_file(path, {std::as_bytes(std::span(&header, 1)), data}).with_context("pipeline cache");
}

} // namespace vkseg::vk
