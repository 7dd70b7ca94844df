#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <doctest/doctest.h>

#include "vk/commands.hpp"

namespace vkseg::vk {

extern const std::span<const uint32_t> divide_spirv;
extern const std::span<const uint32_t> scale_spirv;
extern const std::span<const uint32_t> sum_texels_spirv;

/// target = source * scale + offset, of workgroups of 64.
inline PipelineKey scale_key(float scale)
{
    constexpr int scale_id = 1; // scale.comp
    return {.shader = "scale",
            .spirv = scale_spirv,
            .specialization = {{workgroup_size_id, 64}, {scale_id, scale}},
            .binding_count = 2};
}

struct ScalePushConstants
{
    float offset = 0;
    uint32_t count = 0;
};

/// For tests that need values: the test ends here if there are none.
template <class T>
T take(Result<T> result)
{
    if (!result.is_ok())
        MESSAGE(result.status().message());
    REQUIRE(result.is_ok());
    return std::move(result).value();
}

inline void require_ok(const Status& status)
{
    if (!status.is_ok())
        MESSAGE(status.message());
    REQUIRE(status.is_ok());
}

inline Buffer make_buffer(const std::shared_ptr<Device>& device, size_t bytes, BufferUse use = BufferUse::device)
{
    return take(Buffer::create(device, {.bytes = bytes, .use = use}));
}

inline const Pipeline* make_pipeline(Device& device, const PipelineKey& key)
{
    return take(device.create_pipelines(std::span(&key, 1)))[0];
}

/// Every usable device, poisoned and watched by the validation layer, which must have stayed silent at the end.
inline void for_each_device(const std::function<void(const std::shared_ptr<Device>&)>& body, DeviceOptions options = {})
{
    const std::vector<PhysicalDeviceDescription> devices = take(list_devices());
    REQUIRE_FALSE(devices.empty());
    for (size_t i = 0; i < devices.size(); i++)
    {
        if (!devices[i].is_usable())
            continue;
        CAPTURE(devices[i].name);
        options.select = std::to_string(i);
        options.validate = true;
        options.poison_memory = true;
        options.use_pipeline_cache = false;
        const std::shared_ptr<Device> device = take(Device::create(options));
        body(device);
        for (const std::string& message : device->validation_messages())
            MESSAGE(message);
        CHECK(device->validation_message_count() == 0);
    }
}

/// Uploads, scales count floats on the device, downloads.
struct ScaleJob
{
    ScaleJob(const std::shared_ptr<Device>& device, uint32_t count, float scale, float offset,
             Timing timing = Timing::none)
        : upload(make_buffer(device, count * sizeof(float), BufferUse::upload))
        , source(make_buffer(device, count * sizeof(float)))
        , target(make_buffer(device, count * sizeof(float)))
        , download(make_buffer(device, count * sizeof(float), BufferUse::download))
        , list(device, timing)
    {
        const ScalePushConstants push_constants = {offset, count};
        const Binding bindings[] = {{{&target}}, {{&source}}};
        list.copy({&upload}, {&source});
        list.barrier();
        list.dispatch({.pipeline = make_pipeline(*device, scale_key(scale)),
                       .bindings = bindings,
                       .push_constants = std::as_bytes(std::span(&push_constants, 1)),
                       .group_count = {(count + 63) / 64, 1, 1}});
        list.barrier();
        list.copy({&target}, {&download});
        require_ok(list.finish());
    }

    float* input() { return static_cast<float*>(upload.mapped()); }
    const float* output() const { return static_cast<const float*>(download.mapped()); }

    Buffer upload;
    Buffer source;
    Buffer target;
    Buffer download;
    CommandList list;
};

} // namespace vkseg::vk
