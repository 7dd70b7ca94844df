#include "base/mapped_file.hpp"

#include "base/div_ceil.hpp"
#include "base/text.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace vkseg {
namespace {

class FileDescriptor
{
public:
    /// Opens without blocking, in case the path is a pipe without a writer.
    explicit FileDescriptor(const std::filesystem::path& path)
        : value_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
    {}
    ~FileDescriptor()
    {
        if (value_ >= 0)
            ::close(value_);
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    int value() const { return value_; }

private:
    int value_ = -1;
};

Status failure(const std::filesystem::path& path, const char* what)
{
    return Status(StatusCode::io_error, printable_path(path) + ": " + what + ": " + std::strerror(errno));
}

Result<FileBytes> read_whole(const FileDescriptor& file, size_t size, const std::filesystem::path& path)
{
    auto content = std::make_shared<std::vector<std::byte>>(size);
    for (size_t done = 0; done < size;)
    {
        const ssize_t count = ::read(file.value(), content->data() + done, size - done);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return failure(path, "cannot be read");
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
    const FileDescriptor file(path);
    if (file.value() < 0)
        return failure(path, "cannot be opened");
    struct stat description = {};
    if (::fstat(file.value(), &description) != 0)
        return failure(path, "cannot be examined");
    if (!S_ISREG(description.st_mode))
        return Status(StatusCode::io_error, printable_path(path) + ": is not a regular file");
    const size_t size = size_t(description.st_size);
    if (size == 0)
        return FileBytes{};
    void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.value(), 0);
    if (address == MAP_FAILED)
        return read_whole(file, size, path);
    std::shared_ptr<const void> owner(address, [size](void* mapping) { ::munmap(mapping, size); });
    return FileBytes{
        .bytes = {static_cast<const std::byte*>(address), size}, .owner = std::move(owner), .is_mapped = true};
}

void release_pages(std::span<const std::byte> bytes)
{
    const auto page = uintptr_t(::sysconf(_SC_PAGESIZE));
    const auto address = reinterpret_cast<uintptr_t>(bytes.data());
    const uintptr_t begin = round_up(address, page);
    const uintptr_t end = (address + bytes.size()) / page * page;
    if (begin < end)
        ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED); // a failure does no harm
}

} // namespace vkseg
