#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "vk/fixture.hpp"
#include "vk/pipeline_cache_file.hpp"

namespace vkseg::vk::pipeline_test {
namespace {

namespace fs = std::filesystem;

// A new, empty folder that goes when the test ends.
class TemporaryDirectory
{
public:
    explicit TemporaryDirectory(const std::string& name)
        : path_(fs::temp_directory_path() / (name + "-" + std::to_string(uintptr_t(this))))
    {
        fs::remove_all(path_);
    }
    ~TemporaryDirectory() { fs::remove_all(path_); }

    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

std::vector<char> read_file(const fs::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return std::vector<char>(std::istreambuf_iterator<char>(file), {});
}

void write_file(const fs::path& path, const std::vector<char>& bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(bytes.data(), std::streamsize(bytes.size()));
}

std::vector<fs::path> files_in(const fs::path& directory)
{
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory))
        files.push_back(entry.path());
    return files;
}

} // namespace

TEST_CASE("pipelines: equal keys give the same pipeline, in the order asked for")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            const std::vector<PipelineKey> keys = {scale_key(1), scale_key(2), scale_key(1), scale_key(3)};
            const auto pipelines = take(device->create_pipelines(keys));
            REQUIRE(pipelines.size() == 4);
            CHECK(pipelines[0] == pipelines[2]);
            CHECK(pipelines[0] != pipelines[1]);
            CHECK(pipelines[1] != pipelines[3]);
            CHECK(take(device->create_pipelines(keys)) == pipelines);
        });
}

TEST_CASE("pipelines: small subgroups make another pipeline, which every device compiles")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            PipelineKey narrow = scale_key(1);
            narrow.narrows_subgroups = true;
            const std::vector<PipelineKey> keys = {scale_key(1), narrow, narrow};
            const auto pipelines = take(device->create_pipelines(keys));
            CHECK(pipelines[0] != pipelines[1]);
            CHECK(pipelines[1] == pipelines[2]);
        });
}

TEST_CASE("pipelines: threads that ask for the same get the same")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            std::vector<PipelineKey> keys;
            for (int i = 0; i < 6; i++)
                keys.push_back(scale_key(float(i)));
            std::vector<std::vector<const Pipeline*>> found(4);
            std::vector<std::thread> threads;
            for (auto& pipelines : found)
            {
                threads.emplace_back(
                    [&]
                    {
                        auto result = device->create_pipelines(keys);
                        if (result.is_ok())
                            pipelines = std::move(result).value();
                    });
            }
            for (std::thread& thread : threads)
                thread.join();
            CHECK(found[0].size() == keys.size());
            for (const auto& pipelines : found)
                CHECK(pipelines == found[0]);
        });
}

TEST_CASE("pipelines: a failure names the shader and leaves the device usable")
{
    const auto device = take(Device::create({.use_minimum_limits = true, .use_pipeline_cache = false}));
    const uint32_t garbage[] = {1, 2, 3};
    std::vector<PipelineKey> keys = {scale_key(1), scale_key(2), scale_key(3), scale_key(4)};
    keys[0].spirv = garbage;
    keys[1].binding_count = 9;
    keys[2].binding_count = 5; // storage buffers; the specification guarantees four
    keys[3].texel_buffer_mask = 4;
    const StatusCode codes[] = {StatusCode::invalid_argument, StatusCode::invalid_argument, StatusCode::unsupported,
                                StatusCode::invalid_argument};
    for (size_t i = 0; i < keys.size(); i++)
    {
        const auto result = device->create_pipelines(std::span(&keys[i], 1));
        REQUIRE_FALSE(result.is_ok());
        CHECK(result.status().code() == codes[i]);
        CHECK(result.status().message().find("'scale'") != std::string::npos);
    }
    CHECK(make_pipeline(*device, scale_key(1)) != nullptr);
}

TEST_CASE("pipeline cache: what was written is read back by its owner only")
{
    const TemporaryDirectory directory("vkseg_cache");
    const PipelineCacheOwner owner = {.vendor_id = 1, .device_id = 2, .driver_version = 3};
    const fs::path path = pipeline_cache_path(directory.path() / "deeper", owner);
    const std::vector<std::byte> data(1000, std::byte(7));
    require_ok(write_pipeline_cache(path, owner, data));
    CHECK(read_pipeline_cache(path, owner) == data);
    CHECK(files_in(path.parent_path()).size() == 1); // nothing temporary is left

    PipelineCacheOwner other = owner;
    other.driver_version = 4;
    CHECK(pipeline_cache_path(directory.path(), other) != pipeline_cache_path(directory.path(), owner));
    CHECK(read_pipeline_cache(path, other).empty());
    other = owner;
    other.driver_uuid[5] = 1;
    CHECK(read_pipeline_cache(path, other).empty());
}

TEST_CASE("pipeline cache: a damaged file counts as none")
{
    const TemporaryDirectory directory("vkseg_damaged_cache");
    const PipelineCacheOwner owner = {.vendor_id = 1};
    const fs::path path = pipeline_cache_path(directory.path(), owner);
    CHECK(read_pipeline_cache(path, owner).empty());
    require_ok(write_pipeline_cache(path, owner, std::vector<std::byte>(10, std::byte(7))));
    const std::vector<char> intact = read_file(path);
    for (size_t i = 0; i < intact.size(); i++)
    {
        std::vector<char> damaged = intact;
        damaged[i] ^= 0x10;
        write_file(path, damaged);
        CHECK(read_pipeline_cache(path, owner).empty());
        write_file(path, std::vector<char>(intact.begin(), intact.begin() + ptrdiff_t(i)));
        CHECK(read_pipeline_cache(path, owner).empty());
    }
    std::vector<char> longer = intact;
    longer.push_back(0);
    write_file(path, longer);
    CHECK(read_pipeline_cache(path, owner).empty());
    write_file(path, intact);
    CHECK(read_pipeline_cache(path, owner).size() == 10);
}

TEST_CASE("pipeline cache: a place that cannot be written is a status")
{
    const TemporaryDirectory directory("vkseg_no_cache");
    fs::create_directories(directory.path());
    write_file(directory.path() / "file", {'x'});
    const PipelineCacheOwner owner;
    const fs::path path = pipeline_cache_path(directory.path() / "file", owner);
    CHECK(write_pipeline_cache(path, owner, {}).code() == StatusCode::io_error);
}

TEST_CASE("pipeline cache: a device keeps it in the given folder and survives a damaged one")
{
    const TemporaryDirectory directory("vkseg_device_cache");
    DeviceOptions options;
    options.cache_directory = directory.path().string();
    {
        const auto device = take(Device::create(options));
        make_pipeline(*device, scale_key(1));
    }
    REQUIRE(files_in(directory.path()).size() == 1);
    const fs::path path = files_in(directory.path())[0];
    std::vector<char> bytes = read_file(path);
    REQUIRE(bytes.size() > 72);
    bytes.back() ^= 1;
    write_file(path, bytes);
    const auto device = take(Device::create(options));
    make_pipeline(*device, scale_key(1));
}

} // namespace vkseg::vk::pipeline_test
