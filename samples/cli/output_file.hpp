#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace vkseg::cli {

/// A file that is being written. It gets its name when it is complete: until finish(), a file that was there stays as
/// it was. What is not a file, such as a pipe or a device, is written to directly. Failures are thrown.
class OutputFile
{
public:
    /// Begins the file, so that a name that cannot be written fails before any work is done.
    explicit OutputFile(const std::filesystem::path& path);
    /// The standard output.
    OutputFile();
    /// Removes what is not finished.
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    /// Returns false if the output is a pipe that nobody reads any more.
    bool write(std::span<const std::byte> bytes);
    void finish();

private:
    [[noreturn]] void fail(const std::string& reason) const;

    std::string name_;                ///< for messages
    std::filesystem::path target_;    ///< empty for the standard output
    std::filesystem::path temporary_; ///< empty if the target is written directly
    int descriptor_ = -1;             ///< -1 when finished
};

/// Waits until a descriptor of a pipe that others have set to O_NONBLOCK can be written to, or read from.
void wait_for_writing(int descriptor);
void wait_for_reading(int descriptor);

} // namespace vkseg::cli
