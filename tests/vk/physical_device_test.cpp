#include "vk/fixture.hpp"

namespace vkseg::vk::physical_device_test {
namespace {

std::vector<PhysicalDeviceDescription> three_devices()
{
    std::vector<PhysicalDeviceDescription> devices(3);
    devices[0].name = "NVIDIA GeForce GTX 1080";
    devices[1].name = "llvmpipe (LLVM 15.0.6, 256 bits)";
    devices[2].name = "Old GPU";
    devices[2].unusable_because = "it offers Vulkan 1.0 only, and 1.1 is needed";
    return devices;
}

bool mentions(const Status& status, std::string_view part)
{
    return status.message().find(part) != std::string::npos;
}

} // namespace

TEST_CASE("devices: every device found is described, in the order of preference")
{
    const std::vector<PhysicalDeviceDescription> devices = take(list_devices());
    REQUIRE_FALSE(devices.empty());
    for (size_t i = 0; i < devices.size(); i++)
    {
        CHECK_FALSE(devices[i].name.empty());
        CHECK_FALSE(devices[i].heaps.empty());
        CHECK(devices[i].limits.max_storage_buffer_range_bytes >= size_t(1) << 27);
        CHECK(devices[i].api_version[0] >= 1);
        if (i > 0 && devices[i].is_usable())
            CHECK(devices[i - 1].type <= devices[i].type);
    }
}

TEST_CASE("devices: without a wish the first usable one is selected")
{
    std::vector<PhysicalDeviceDescription> devices = three_devices();
    CHECK(take(select_device(devices, "")) == 0);
    devices[0].unusable_because = "it has no compute queue";
    CHECK(take(select_device(devices, "")) == 1);
}

TEST_CASE("devices: an index or a part of the name selects, whatever its case")
{
    const std::vector<PhysicalDeviceDescription> devices = three_devices();
    CHECK(take(select_device(devices, "1")) == 1);
    CHECK(take(select_device(devices, "LLVMpipe")) == 1);
    CHECK(take(select_device(devices, "geforce")) == 0);
    CHECK(take(select_device(devices, "1080")) == 0); // no such index, but a number in a name
    CHECK(!select_device(devices, "7").is_ok());      // nor is a digit of a number one
    CHECK(!select_device(devices, "108").is_ok());
}

TEST_CASE("devices: a wrong selection lists what there is")
{
    const Result<size_t> result = select_device(three_devices(), "radeon");
    REQUIRE_FALSE(result.is_ok());
    CHECK(result.status().code() == StatusCode::no_device);
    CHECK(mentions(result.status(), "'radeon'"));
    CHECK(mentions(result.status(), "0: NVIDIA GeForce GTX 1080"));
    CHECK(mentions(result.status(), "1: llvmpipe"));
    CHECK(mentions(result.status(), "Vulkan 1.0 only"));
}

TEST_CASE("devices: selecting one that cannot be used tells why")
{
    const Result<size_t> result = select_device(three_devices(), "old");
    REQUIRE_FALSE(result.is_ok());
    CHECK(result.status().code() == StatusCode::no_device);
    CHECK(mentions(result.status(), "Vulkan 1.0 only"));
}

TEST_CASE("devices: none at all is a status")
{
    const Result<size_t> result = select_device({}, "");
    REQUIRE_FALSE(result.is_ok());
    CHECK(result.status().code() == StatusCode::no_device);
}

TEST_CASE("devices: a system without a Vulkan loader is a status")
{
    const LoaderOptions loader = {.library = "libvulkan_that_is_not_there.so"};
    const auto devices = list_devices(loader);
    REQUIRE_FALSE(devices.is_ok());
    CHECK(devices.status().code() == StatusCode::no_device);
    CHECK(mentions(devices.status(), "libvulkan_that_is_not_there.so"));
    const auto device = Device::create({.loader = loader});
    REQUIRE_FALSE(device.is_ok());
    CHECK(device.status().code() == StatusCode::no_device);
}

} // namespace vkseg::vk::physical_device_test
