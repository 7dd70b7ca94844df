#include "vk/failing_driver.hpp"
#include "vk/fixture.hpp"

namespace vkseg::vk::failures_test {
namespace {

// From nothing to a result, through every function of the folder; gives the first failure.
Status compute_something(const LoaderOptions& loader)
{
    const auto device = Device::create({.loader = loader, .poison_memory = true, .use_pipeline_cache = false});
    if (!device.is_ok())
        return device.status();
    constexpr size_t bytes = 64 * sizeof(float);
    const auto target = Buffer::create(*device, {.bytes = bytes});
    const auto source = Buffer::create(*device, {.bytes = bytes});
    const auto upload = Buffer::create(*device, {.bytes = bytes, .use = BufferUse::upload});
    const auto download = Buffer::create(*device, {.bytes = bytes, .use = BufferUse::download});
    for (const Result<Buffer>* buffer : {&target, &source, &upload, &download})
    {
        if (!buffer->is_ok())
            return buffer->status();
    }
    const PipelineKey keys[] = {scale_key(1), scale_key(2)};
    const auto pipelines = (*device)->create_pipelines(keys);
    if (!pipelines.is_ok())
        return pipelines.status();

    std::memset(upload->mapped(), 0, bytes);
    const ScalePushConstants push_constants = {1.0f, 64};
    const Binding bindings[] = {{{&*target}}, {{&*source}}};
    CommandList list(*device, Timing::each_dispatch);
    list.copy({&*upload}, {&*source});
    list.cut();
    list.dispatch({.pipeline = (*pipelines)[1],
                   .bindings = bindings,
                   .push_constants = std::as_bytes(std::span(&push_constants, 1))});
    list.barrier();
    list.copy({&*target}, {&*download});
    if (Status status = list.finish(); !status.is_ok())
        return status;
    if (Status status = (*device)->run(list); !status.is_ok())
        return status;
    if (static_cast<const float*>(download->mapped())[63] != 1.0f)
        return Status(StatusCode::invalid_argument, "the result is wrong");
    return list.dispatch_times_ns().status();
}

} // namespace

TEST_CASE("failures: whichever call fails, a status tells, and nothing leaks")
{
    require_ok(compute_something(failing_driver::install()));
    CHECK(failing_driver::live_objects() == 0);
    const size_t calls = failing_driver::call_count();
    REQUIRE(calls > 40);
    for (size_t i = 0; i < calls; i++)
    {
        const LoaderOptions loader = failing_driver::install();
        failing_driver::fail_after(i, VK_ERROR_OUT_OF_HOST_MEMORY);
        const Status status = compute_something(loader);
        const std::string failed = failing_driver::failed_function();
        CAPTURE(failed);
        CAPTURE(status.message());
        if (status.is_ok())
            CHECK(failed == "vkAllocateMemory"); // memory of another kind served as well
        else
            CHECK(status.code() == StatusCode::out_of_memory);
        CHECK(failing_driver::live_objects() == 0);
    }
}

TEST_CASE("failures: a lost device fails the call and every later one at once")
{
    for (const char* function : {"vkQueueSubmit", "vkWaitForFences"})
    {
        CAPTURE(function);
        const LoaderOptions loader = failing_driver::install();
        {
            const auto device = take(Device::create({.loader = loader, .use_pipeline_cache = false}));
            ScaleJob job(device, 64, 1.0f, 0.0f);
            failing_driver::always_fail(function, VK_ERROR_DEVICE_LOST);
            CHECK(device->run(job.list).code() == StatusCode::device_lost);
            CHECK(device->is_lost());
            failing_driver::always_fail("", VK_SUCCESS);
            CHECK(device->run(job.list).code() == StatusCode::device_lost);
            CHECK(Buffer::create(device, {.bytes = 64}).status().code() == StatusCode::device_lost);
            CHECK(device->create_pipelines({}).status().code() == StatusCode::device_lost);
            CommandList list(device);
            CHECK(list.finish().code() == StatusCode::device_lost);
        }
        CHECK(failing_driver::live_objects() == 0);
    }
}

TEST_CASE("failures: no driver is no_device")
{
    const LoaderOptions loader = failing_driver::install();
    failing_driver::always_fail("vkCreateInstance", VK_ERROR_INCOMPATIBLE_DRIVER);
    const auto devices = list_devices(loader);
    REQUIRE_FALSE(devices.is_ok());
    CHECK(devices.status().code() == StatusCode::no_device);
}

TEST_CASE("failures: validation without the layer is a status")
{
    const auto no_layers = [](VkInstance instance, const char* name) -> PFN_vkVoidFunction
    {
        static PFN_vkGetInstanceProcAddr real = nullptr;
        if (real == nullptr)
            real = reinterpret_cast<PFN_vkGetInstanceProcAddr>(failing_driver::install().get_instance_proc_addr);
        if (std::strcmp(name, "vkEnumerateInstanceLayerProperties") != 0)
            return real(instance, name);
        const auto enumerate_none = [](uint32_t* count, VkLayerProperties*) -> VkResult
        {
            *count = 0;
            return VK_SUCCESS;
        };
        return reinterpret_cast<PFN_vkVoidFunction>(
            static_cast<PFN_vkEnumerateInstanceLayerProperties>(enumerate_none));
    };
    const LoaderOptions loader = {.get_instance_proc_addr =
                                      reinterpret_cast<void*>(static_cast<PFN_vkGetInstanceProcAddr>(no_layers))};
    const auto device = Device::create({.loader = loader, .validate = true});
    REQUIRE_FALSE(device.is_ok());
    CHECK(device.status().code() == StatusCode::no_device);
    CHECK(device.status().message().find("VK_LAYER_KHRONOS_validation") != std::string::npos);
}

} // namespace vkseg::vk::failures_test
