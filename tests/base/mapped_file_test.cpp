#include "base/mapped_file.hpp"

#include <doctest/doctest.h>
#include <fstream>
#include <vector>

namespace vkseg::test::mapped_file_test {

TEST_CASE("mapped_file: a part outlives the file, and its bytes are there again after another owner of them went")
{
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("vkseg-mapped-file-test-" + std::to_string(uintptr_t(&path)));
    std::vector<char> content(300000);
    for (size_t i = 0; i < content.size(); ++i)
        content[i] = char(i * 7 % 251);
    std::ofstream(path, std::ios::binary).write(content.data(), std::streamsize(content.size()));

    FileBytes kept;
    {
        Result<FileBytes> file = map_file(path);
        REQUIRE(file.is_ok());
        REQUIRE(file->bytes.size() == content.size());
        kept = file->part(1000, 200000);
        const FileBytes dropped = file->part(1000, 200000);
        CHECK(dropped.bytes[5] == std::byte(content[1005]));
    }
    std::error_code error;
    std::filesystem::remove(path, error); // Windows refuses to, as long as the file is mapped
    REQUIRE(kept.bytes.size() == 200000);
    for (size_t i = 0; i < kept.bytes.size(); ++i)
        REQUIRE(kept.bytes[i] == std::byte(content[1000 + i]));
    kept = {};
    std::filesystem::remove(path, error);
}

} // namespace vkseg::test::mapped_file_test
