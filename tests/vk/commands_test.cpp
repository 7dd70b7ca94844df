#include <thread>

#include "vk/fixture.hpp"

namespace vkseg::vk::commands_test {

TEST_CASE("commands: a recorded list can be run again and again")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            ScaleJob job(device, 1000, 3.0f, 0.5f);
            for (int run = 0; run < 3; run++)
            {
                for (int i = 0; i < 1000; i++)
                    job.input()[i] = float(i + run);
                require_ok(device->run(job.list));
                for (int i = 0; i < 1000; i++)
                    REQUIRE(job.output()[i] == float(i + run) * 3.0f + 0.5f);
            }
        });
}

TEST_CASE("commands: the minimum device computes the same")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            ScaleJob job(device, 100, 2.0f, 1.0f);
            for (int i = 0; i < 100; i++)
                job.input()[i] = float(i);
            require_ok(device->run(job.list));
            for (int i = 0; i < 100; i++)
                REQUIRE(job.output()[i] == float(i) * 2.0f + 1.0f);
        },
        {.use_minimum_limits = true});
}

TEST_CASE("commands: a list cut into segments computes what the whole one does")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            constexpr uint32_t count = 256;
            const Buffer a = make_buffer(device, count * sizeof(float));
            const Buffer b = make_buffer(device, count * sizeof(float));
            const Buffer download = make_buffer(device, count * sizeof(float), BufferUse::download);
            const Pipeline* pipeline = make_pipeline(*device, scale_key(2.0f));
            const ScalePushConstants push_constants = {1.0f, count};
            const Binding there[] = {{{&b}}, {{&a}}};
            const Binding back[] = {{{&a}}, {{&b}}};

            CommandList list(device, Timing::each_dispatch);
            list.cut(); // an empty segment is none
            list.fill({&a}, 0);
            list.cut();
            for (int i = 0; i < 6; i++)
            {
                list.dispatch({.pipeline = pipeline,
                               .bindings = i % 2 == 0 ? there : back,
                               .push_constants = std::as_bytes(std::span(&push_constants, 1)),
                               .group_count = {count / 64, 1, 1}});
                if (i % 2 == 0)
                    list.cut();
                else
                    list.barrier();
            }
            list.copy({&a}, {&download});
            list.cut();
            CHECK(list.segment_count() == 5);
            require_ok(list.finish());
            CHECK(list.segment_count() == 5);
            CHECK(list.dispatch_count() == 6);
            for (int run = 0; run < 2; run++)
            {
                require_ok(device->run(list));
                for (uint32_t i = 0; i < count; i++)
                    REQUIRE(static_cast<const float*>(download.mapped())[i] == 63.0f); // x -> 2 x + 1, six times from 0
            }
        });
}

TEST_CASE("commands: every dispatch is timed on request")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            ScaleJob job(device, 100000, 2.0f, 1.0f, Timing::each_dispatch);
            CHECK_FALSE(job.list.dispatch_times_ns().is_ok()); // not before it has run
            require_ok(device->run(job.list));
            const auto times = job.list.dispatch_times_ns();
            if (!device->description().has_timestamps)
            {
                CHECK(times.status().code() == StatusCode::unsupported);
                return;
            }
            REQUIRE(times.is_ok());
            REQUIRE(times->size() == 1);
            const double whole = take(job.list.device_time_ns());
            CHECK((*times)[0] > 0);
            CHECK((*times)[0] <= whole);
            CHECK(whole < 10e9);
        });
}

TEST_CASE("commands: texel buffers are read through views, from an offset, in f32 and f16")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            constexpr int count = 40;
            const size_t offset = device->limits().texel_buffer_alignment_bytes;
            const Buffer upload = make_buffer(device, offset + count * 16, BufferUse::upload);
            const Buffer source = make_buffer(device, offset + count * 16);
            const Buffer target32 = make_buffer(device, count * sizeof(float));
            const Buffer target16 = make_buffer(device, count * sizeof(float));
            const Buffer download = make_buffer(device, 2 * count * sizeof(float), BufferUse::download);
            const PipelineKey key = {.shader = "sum_texels",
                                     .spirv = sum_texels_spirv,
                                     .specialization = {{workgroup_size_id, 32}},
                                     .binding_count = 2,
                                     .texel_buffer_mask = 2};
            const Pipeline* pipeline = make_pipeline(*device, key);

            float* values = reinterpret_cast<float*>(static_cast<char*>(upload.mapped()) + offset);
            constexpr float two_halves = 0.0078125f; // bits 0x3C000000: the halves 0 and 1
            for (int i = 0; i < count * 4; i++)
                values[i] = two_halves;

            CommandList list(device);
            list.copy({&upload}, {&source});
            list.barrier();
            for (const TexelFormat format : {TexelFormat::rgba32f, TexelFormat::rgba16f})
            {
                const bool is_f32 = format == TexelFormat::rgba32f;
                const Binding bindings[] = {{{is_f32 ? &target32 : &target16}},
                                            {{&source, offset, count * size_t(is_f32 ? 16 : 8)}, format}};
                list.dispatch({.pipeline = pipeline,
                               .bindings = bindings,
                               .push_constants = std::as_bytes(std::span(&count, 1)),
                               .group_count = {(count + 31) / 32, 1, 1}});
            }
            list.barrier();
            list.copy({&target32}, {&download, 0, count * sizeof(float)});
            list.copy({&target16}, {&download, count * sizeof(float)});
            require_ok(list.finish());
            require_ok(device->run(list));
            const float* sums = static_cast<const float*>(download.mapped());
            for (int i = 0; i < count; i++)
            {
                REQUIRE(sums[i] == 4 * two_halves);
                REQUIRE(sums[count + i] == 2.0f); // 0 + 1 + 0 + 1
            }
        });
}

TEST_CASE("commands: a dispatch takes its group count from memory that an earlier command wrote")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            constexpr uint32_t count = 256; // four groups, of which two are launched
            const Buffer upload = make_buffer(device, 256, BufferUse::upload);
            const Buffer counts = make_buffer(device, 256);
            const Buffer target = make_buffer(device, count * sizeof(float));
            const Buffer download = make_buffer(device, count * sizeof(float), BufferUse::download);
            const uint32_t groups[] = {9, 2, 1, 1}; // the count begins at the second word
            std::memcpy(upload.mapped(), groups, sizeof(groups));
            const ScalePushConstants push_constants = {1.0f, count};
            const Binding bindings[] = {{{&target}}, {{&target}}};
            CommandList list(device, Timing::each_dispatch);
            list.copy({&upload}, {&counts});
            list.fill({&target}, 0);
            list.barrier();
            for (int i = 0; i < 2; i++)
            {
                list.dispatch({.pipeline = make_pipeline(*device, scale_key(2.0f)),
                               .bindings = bindings,
                               .push_constants = std::as_bytes(std::span(&push_constants, 1)),
                               .group_count = {4, 1, 1},
                               .group_count_in_memory = BufferRange{&counts, 4, 12}});
                list.barrier();
            }
            list.fill({&counts}, 0); // after the device has read it
            list.copy({&target}, {&download});
            require_ok(list.finish());
            for (int run = 0; run < 2; run++)
            {
                require_ok(device->run(list));
                const float* values = static_cast<const float*>(download.mapped());
                for (uint32_t i = 0; i < count; i++)
                    REQUIRE(values[i] == (i < 128 ? 3.0f : 0.0f)); // ((0 * 2 + 1) * 2 + 1)
            }
        });
}

TEST_CASE("commands: threads run their own lists on one device")
{
    for_each_device(
        [](const std::shared_ptr<Device>& device)
        {
            constexpr int thread_count = 4;
            std::vector<ScaleJob> jobs;
            for (int i = 0; i < thread_count; i++)
                jobs.emplace_back(device, 500, float(i + 1), float(i));
            std::vector<int> wrong(thread_count, 0);
            std::vector<std::thread> threads;
            for (int t = 0; t < thread_count; t++)
            {
                threads.emplace_back(
                    [&, t]
                    {
                        for (int run = 0; run < 10; run++)
                        {
                            for (int i = 0; i < 500; i++)
                                jobs[t].input()[i] = float(i * run);
                            wrong[t] += device->run(jobs[t].list).is_ok() ? 0 : 1;
                            for (int i = 0; i < 500; i++)
                                wrong[t] += jobs[t].output()[i] == float(i * run) * float(t + 1) + float(t) ? 0 : 1;
                        }
                    });
            }
            for (std::thread& thread : threads)
                thread.join();
            for (int t = 0; t < thread_count; t++)
                CHECK(wrong[t] == 0);
        });
}

TEST_CASE("commands: what does not fit is told by finish(), and names the shader")
{
    const auto device = take(Device::create({.max_storage_buffer_range_bytes = 4096, .use_pipeline_cache = false}));
    const Buffer small = make_buffer(device, 4096);
    const Buffer large = make_buffer(device, 8192);
    const Buffer upload = make_buffer(device, 4096, BufferUse::upload);
    const Pipeline* pipeline = make_pipeline(*device, scale_key(1.0f));
    const std::vector<std::byte> push_constants(8);
    const auto outcome = [&](const std::vector<Binding>& bindings, size_t push_constant_bytes, uint32_t groups)
    {
        const std::vector<std::byte> bytes(push_constant_bytes);
        CommandList list(device);
        list.dispatch(
            {.pipeline = pipeline, .bindings = bindings, .push_constants = bytes, .group_count = {groups, 1, 1}});
        const Status status = list.finish();
        CHECK((status.is_ok() || status.message().find("'scale'") != std::string::npos));
        CHECK((status.is_ok() || device->run(list).code() == StatusCode::invalid_argument));
        return status.code();
    };
    CHECK(outcome({{{&small}}, {{&large, 4096}}}, 8, 1) == StatusCode::ok);
    CHECK(outcome({{{&small}}, {{&large}}}, 8, 1) == StatusCode::out_of_memory);
    CHECK(outcome({{{&small}}}, 8, 1) == StatusCode::invalid_argument);
    CHECK(outcome({{{&small}}, {{nullptr}}}, 8, 1) == StatusCode::invalid_argument);
    CHECK(outcome({{{&small}}, {{&upload}}}, 8, 1) == StatusCode::invalid_argument);
    CHECK(outcome({{{&small}}, {{&large, 4}}}, 8, 1) == StatusCode::invalid_argument);
    CHECK(outcome({{{&small}}, {{&large, 8192, 4}}}, 8, 1) == StatusCode::invalid_argument);
    CHECK(outcome({{{&small}}, {{&large, 4096, ~size_t(0)}}}, 8, 1) == StatusCode::invalid_argument);
    CHECK(outcome({{{&small}}, {{&large, 0, 64}, TexelFormat::rgba32f}}, 8, 1) == StatusCode::invalid_argument);
    CHECK(outcome({{{&small}}, {{&large, 4096}}}, 132, 1) == StatusCode::invalid_argument);
    CHECK(outcome({{{&small}}, {{&large, 4096}}}, 8, 0xFFFFFFFF) == StatusCode::unsupported);

    const auto outcome_of_count = [&](BufferRange count)
    {
        const Binding bindings[] = {{{&small}}, {{&large, 4096}}};
        CommandList list(device);
        list.dispatch({.pipeline = pipeline,
                       .bindings = bindings,
                       .push_constants = push_constants,
                       .group_count_in_memory = count});
        return list.finish().code();
    };
    CHECK(outcome_of_count({&small, 4, 12}) == StatusCode::ok);
    CHECK(outcome_of_count({&small, 2, 12}) == StatusCode::invalid_argument);
    CHECK(outcome_of_count({&small, 0, 8}) == StatusCode::invalid_argument);
    CHECK(outcome_of_count({nullptr}) == StatusCode::invalid_argument);
    CHECK(outcome_of_count({&upload, 0, 12}) == StatusCode::invalid_argument);
}

TEST_CASE("commands: copies and fills are checked before the driver sees them")
{
    const auto device = take(Device::create({.use_pipeline_cache = false}));
    const Buffer a = make_buffer(device, 4096);
    const Buffer upload = make_buffer(device, 64, BufferUse::upload);
    const auto outcome = [&](auto record)
    {
        CommandList list(device);
        record(list);
        return list.finish().code();
    };
    CHECK(outcome([&](CommandList& list) { list.copy({&upload}, {&a}); }) == StatusCode::invalid_argument);
    CHECK(outcome([&](CommandList& list) { list.copy({&upload}, {&a, 0, 64}); }) == StatusCode::ok);
    CHECK(outcome([&](CommandList& list) { list.copy({&a, 0, 64}, {&upload}); }) == StatusCode::invalid_argument);
    CHECK(outcome([&](CommandList& list) { list.copy({&a, 0, 64}, {&a, 32, 64}); }) == StatusCode::invalid_argument);
    CHECK(outcome([&](CommandList& list) { list.fill({&a, 2, 4}, 0); }) == StatusCode::invalid_argument);
    CHECK(outcome([&](CommandList& list) { list.fill({&upload}, 0); }) == StatusCode::invalid_argument);
    CHECK(outcome([&](CommandList&) {}) == StatusCode::ok);
}

} // namespace vkseg::vk::commands_test
