#include <cmath>

#include "vk/device_state.hpp"
#include "vk/fixture.hpp"

namespace vkseg::vk::device_test {

TEST_CASE("device: the minimum device offers no more than the specification's minimum")
{
    const auto device = take(Device::create({.use_minimum_limits = true, .use_pipeline_cache = false}));
    CHECK(device->limits().max_workgroup_invocations == 128);
    CHECK(device->limits().subgroup_size == 0);
    CHECK_FALSE(device->limits().has_storage_f16);
    CHECK(device->limits().max_texel_buffer_elements == 65536);
}

TEST_CASE("device: the storage buffer range can be lowered but not raised")
{
    const auto lowered = take(Device::create({.max_storage_buffer_range_bytes = 4096, .use_pipeline_cache = false}));
    CHECK(lowered->limits().max_storage_buffer_range_bytes == 4096);
    const auto raised =
        take(Device::create({.max_storage_buffer_range_bytes = ~size_t(0), .use_pipeline_cache = false}));
    CHECK(raised->limits().max_storage_buffer_range_bytes ==
          raised->description().limits.max_storage_buffer_range_bytes);
}

TEST_CASE("device: the validation layer hears of a missing barrier")
{
    const auto device = take(Device::create({.validate = true, .use_pipeline_cache = false}));
    const Buffer buffer = make_buffer(device, 256);
    CommandList list(device);
    list.fill({&buffer}, 1);
    list.fill({&buffer}, 2);
    require_ok(list.finish());
    require_ok(device->run(list));
    CHECK(device->validation_message_count() > 0);
    REQUIRE_FALSE(device->validation_messages().empty());
    CHECK(device->validation_messages()[0].find("WRITE_AFTER_WRITE") != std::string::npos);
}

TEST_CASE("device: its samplers convert from Y'CbCr where it offers that")
{
    const auto device = take(Device::create({.select = "SwiftShader", .validate = true, .use_pipeline_cache = false}));
    DeviceState& state = device->state();
    CHECK(state.has_ycbcr_conversion == state.physical.features.ycbcr_conversion);
    if (!state.has_ycbcr_conversion)
        return;
    const auto nv12 = uint32_t(VK_FORMAT_G8_B8R8_2PLANE_420_UNORM);
    const SamplerStore::Entry entry = take(state.samplers.find(state, nv12, YcbcrConversion{}));
    CHECK(entry.conversion != VK_NULL_HANDLE);
    CHECK(device->validation_messages().empty());
}

TEST_CASE("device: a hundred in a row come and go")
{
    for (int i = 0; i < 100; i++)
    {
        const auto device = take(Device::create({.use_pipeline_cache = false}));
        const Buffer buffer = make_buffer(device, 4096);
        CHECK(device->memory_use().total() >= 4096);
    }
}

TEST_CASE("buffer: device memory is poisoned with NaN on request")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            const Buffer buffer = make_buffer(device, 1000);
            const Buffer download = make_buffer(device, 1000, BufferUse::download);
            CommandList list(device);
            list.copy({&buffer}, {&download});
            require_ok(list.finish());
            require_ok(device->run(list));
            const float* values = static_cast<const float*>(download.mapped());
            for (size_t i = 0; i < 250; i++)
                REQUIRE(std::isnan(values[i]));
        });
}

TEST_CASE("buffer: live bytes are counted by purpose")
{
    const auto device = take(Device::create({.use_pipeline_cache = false}));
    {
        const Buffer weights = take(Buffer::create(device, {.bytes = 1 << 20, .purpose = MemoryPurpose::weights}));
        Buffer activations = take(Buffer::create(device, {.bytes = 1 << 16}));
        const Buffer staging = make_buffer(device, 1 << 12, BufferUse::upload);
        CHECK(device->memory_use().of(MemoryPurpose::weights) >= 1 << 20);
        CHECK(device->memory_use().of(MemoryPurpose::activations) >= 1 << 16);
        CHECK(device->memory_use().of(MemoryPurpose::staging) >= 1 << 12);
        CHECK(staging.is_host_visible());
        const size_t before = device->memory_use().total();
        Buffer moved = std::move(activations);
        CHECK(device->memory_use().total() == before);
        moved = Buffer();
        CHECK(device->memory_use().of(MemoryPurpose::activations) == 0);
    }
    CHECK(device->memory_use().total() == 0);
}

TEST_CASE("buffer: one that cannot be had is out_of_memory and tells its size and purpose")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            const size_t bytes = device->limits().max_allocation_bytes + 1;
            const auto buffer = Buffer::create(device, {.bytes = bytes, .purpose = MemoryPurpose::weights});
            REQUIRE_FALSE(buffer.is_ok());
            CHECK(buffer.status().code() == StatusCode::out_of_memory);
            CHECK(buffer.status().message().find("GiB") != std::string::npos);
            CHECK(buffer.status().message().find("weights") != std::string::npos);
            CHECK_FALSE(Buffer::create(device, {.bytes = ~size_t(0)}).is_ok());
            CHECK(Buffer::create(device, {.bytes = 0}).status().code() == StatusCode::invalid_argument);
            CHECK(device->memory_use().total() == 0);
        });
}

TEST_CASE("buffer: it keeps its device alive")
{
    auto device = take(Device::create({.use_pipeline_cache = false}));
    Buffer buffer = make_buffer(device, 64, BufferUse::upload);
    device.reset();
    std::memset(buffer.mapped(), 1, buffer.size_bytes());
    CHECK(buffer.size_bytes() == 64);
}

} // namespace vkseg::vk::device_test
