#include "base/mapped_file.hpp"

#include "base/text.hpp"

#include <string>
#include <system_error>
#include <vector>

#include "base/windows_api.hpp"

namespace vkseg {
namespace {

class Handle
{
public:
    explicit Handle(HANDLE value) : value_(value) {}
    ~Handle()
    {
        if (is_open())
            CloseHandle(value_);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    bool is_open() const { return value_ != nullptr && value_ != INVALID_HANDLE_VALUE; }
    HANDLE value() const { return value_; }

private:
    HANDLE value_ = nullptr;
};

Status windows_failure(const std::filesystem::path& path, const char* what)
{
    const std::string reason = std::error_code(int(GetLastError()), std::system_category()).message();
    return Status(StatusCode::io_error, printable_path(path) + ": " + what + ": " + printable(reason));
}

/// For files that cannot be mapped, such as those of some network drives.
Result<FileBytes> read_handle(const Handle& file, size_t size, const std::filesystem::path& path)
{
    auto content = std::make_shared<std::vector<std::byte>>(size);
    for (size_t done = 0; done < size;)
    {
        constexpr size_t max_count = size_t(1) << 30;
        const DWORD wanted = DWORD(size - done < max_count ? size - done : max_count);
        DWORD count = 0;
        if (ReadFile(file.value(), content->data() + done, wanted, &count, nullptr) == 0)
            return windows_failure(path, "cannot be read");
        if (count == 0)
            return Status(StatusCode::io_error, printable_path(path) + ": became shorter while it was read");
        done += size_t(count);
    }
    const std::span<const std::byte> bytes = *content;
    return FileBytes{.bytes = bytes, .owner = std::move(content)};
}

} // namespace

Result<FileBytes> map_file(const std::filesystem::path& path)
{
    const DWORD attributes = GetFileAttributesW(path.c_str());
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        return Status(StatusCode::io_error, printable_path(path) + ": is not a regular file");
    const Handle file(CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
    if (!file.is_open())
        return windows_failure(path, "cannot be opened");
    if (GetFileType(file.value()) != FILE_TYPE_DISK)
        return Status(StatusCode::io_error, printable_path(path) + ": is not a regular file");
    LARGE_INTEGER length = {};
    if (GetFileSizeEx(file.value(), &length) == 0)
        return windows_failure(path, "cannot be examined");
    if (uint64_t(length.QuadPart) > SIZE_MAX)
        return Status(StatusCode::io_error, printable_path(path) + ": is too large for this process");
    const size_t size = size_t(length.QuadPart);
    if (size == 0)
        return FileBytes{};
    const Handle mapping(CreateFileMappingW(file.value(), nullptr, PAGE_READONLY, 0, 0, nullptr));
    const void* const address = mapping.is_open() ? MapViewOfFile(mapping.value(), FILE_MAP_READ, 0, 0, 0) : nullptr;
    if (address == nullptr)
        return read_handle(file, size, path);
    // The view keeps the file open after both handles are closed.
    std::shared_ptr<const void> owner(address, [](const void* view) { UnmapViewOfFile(view); });
    return FileBytes{
        .bytes = {static_cast<const std::byte*>(address), size}, .owner = std::move(owner), .is_mapped = true};
}

void release_pages(std::span<const std::byte> bytes)
{
    SYSTEM_INFO system = {};
    GetSystemInfo(&system);
    const uintptr_t page = system.dwPageSize;
    const auto address = reinterpret_cast<uintptr_t>(bytes.data());
    const uintptr_t begin = (address + page - 1) / page * page;
    const uintptr_t end = (address + bytes.size()) / page * page;
    // Unlocking pages that are not locked takes them out of the working set. A failure does no harm.
    if (begin < end)
        VirtualUnlock(reinterpret_cast<void*>(begin), end - begin);
}

} // namespace vkseg
