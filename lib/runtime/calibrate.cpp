#include "vkseg/calibrate.hpp"

#include "base/try.hpp"
#include "calibrate/calibrate.h"
#include "runtime/shader_modules.hpp"
#include "vk/commands.hpp"

#include <algorithm>
#include <chrono>

namespace vkseg {
namespace {

constexpr uint32_t workgroup_size = 64;
/// Enough invocations to fill any GPU; fewer on software devices, so that the overhead of workgroups does not count.
constexpr uint32_t hardware_workgroups = 16384;
constexpr uint32_t software_workgroups = 256;
/// Duration of a submission: long enough to hide the overhead of submitting, and short enough that some submissions
/// have the processor to themselves if other programs use it too.
constexpr double submission_ms = 4;
constexpr double measuring_ms = 400;
constexpr size_t min_repeats = 5;
constexpr int max_trips = 1 << 20;
/// Bytes that every device lets a kernel bind at once, and the number of slices that make a submission of one slice
/// last about as long as submission_ms.
constexpr size_t copy_bytes = size_t(1) << 27;
constexpr size_t hardware_slices = 1;
constexpr size_t software_slices = 16;

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

bool is_software(const vk::Device& device)
{
    return device.description().type == vk::DeviceType::software;
}

/// Time on the device if it has timestamps, otherwise from submission to completion.
Result<double> run_ms(vk::Device& device, vk::CommandList& list)
{
    const Clock::time_point start = Clock::now();
    VKSEG_TRY(device.run(list));
    const double ms = ms_since(start);
    if (!device.description().has_timestamps)
        return ms;
    VKSEG_ASSIGN(const double ns, list.device_time_ns());
    return ns > 0 ? ns * 1e-6 : ms;
}

/// The shortest time of any of the lists, which do the same work on different memory and take turns. The first run does
/// not count, because drivers still compile in it.
Result<double> best_run_ms(vk::Device& device, std::span<vk::CommandList> lists)
{
    VKSEG_TRY(device.run(lists.back()));
    VKSEG_ASSIGN(double best, run_ms(device, lists.front()));
    const Clock::time_point start = Clock::now();
    for (size_t run = 1; run < min_repeats || ms_since(start) < measuring_ms; ++run)
    {
        VKSEG_ASSIGN(const double ms, run_ms(device, lists[run % lists.size()]));
        best = std::min(best, ms);
    }
    return best;
}

Result<const vk::Pipeline*> create_pipeline(vk::Device& device, Shader shader, uint32_t binding_count)
{
    if (!is_built(shader, Storage::f32))
        return Status(StatusCode::unsupported, "this build of the library lacks the kernels of the calibration: it has "
                                               "only those that the networks in VKSEG_SHADERS_FOR need");
    const vk::PipelineKey key = {.shader = shader_code(shader).name,
                                 .spirv = spirv_of(shader, Storage::f32),
                                 .specialization = {{workgroup_size_id, workgroup_size}},
                                 .binding_count = binding_count};
    VKSEG_ASSIGN(const std::vector<const vk::Pipeline*> pipelines, device.create_pipelines({&key, 1}));
    return pipelines.front();
}

class MultiplyAdds
{
public:
    static Result<double> measure(const std::shared_ptr<vk::Device>& device)
    {
        MultiplyAdds job(device);
        VKSEG_ASSIGN(job.pipeline_, create_pipeline(*device, Shader::calibrate_multiply_add, 1));
        VKSEG_ASSIGN(job.sums_, vk::Buffer::create(device, {.bytes = job.invocations() * sizeof(float)}));
        return job.gflop_per_s();
    }

private:
    explicit MultiplyAdds(std::shared_ptr<vk::Device> device)
        : device_(std::move(device)), workgroups_(is_software(*device_) ? software_workgroups : hardware_workgroups)
    {}

    size_t invocations() const { return size_t(workgroups_) * workgroup_size; }

    Result<vk::CommandList> record(int trips) const
    {
        const contract::MultiplyAddPush push = {.trips = trips, .scale = 0.75f, .shift = 0.25f};
        const vk::Binding binding = {.range = {.buffer = &sums_}};
        vk::CommandList list(device_, vk::Timing::whole_list);
        list.dispatch({.pipeline = pipeline_,
                       .bindings = {&binding, 1},
                       .push_constants = std::as_bytes(std::span(&push, 1)),
                       .group_count = {workgroups_, 1, 1}});
        VKSEG_TRY(list.finish());
        return list;
    }

    Result<double> gflop_per_s() const
    {
        int trips = 16;
        VKSEG_ASSIGN(vk::CommandList list, record(trips));
        VKSEG_TRY(device_->run(list));
        while (trips < max_trips)
        {
            VKSEG_ASSIGN(const double ms, run_ms(*device_, list));
            if (ms >= submission_ms)
                break;
            trips *= 2;
            VKSEG_ASSIGN(list, record(trips));
        }
        VKSEG_ASSIGN(const double ms, best_run_ms(*device_, {&list, 1}));
        return 2.0 * contract::multiply_adds_per_trip * trips * double(invocations()) / (ms * 1e6);
    }

    std::shared_ptr<vk::Device> device_; // shared: see vk::Device
    uint32_t workgroups_ = 0;
    const vk::Pipeline* pipeline_ = nullptr;
    vk::Buffer sums_;
};

/// Two buffers, of which one is copied to the other slice by slice.
class Copies
{
public:
    static Status measure(const std::shared_ptr<vk::Device>& device, Calibration& calibration)
    {
        Copies job(device);
        VKSEG_ASSIGN(job.source_, vk::Buffer::create(device, {.bytes = job.bytes()}));
        VKSEG_ASSIGN(job.destination_, vk::Buffer::create(device, {.bytes = job.bytes()}));
        VKSEG_TRY(job.fill());
        VKSEG_ASSIGN(calibration.kernel_copy_gb_per_s, job.kernel_gb_per_s());
        VKSEG_ASSIGN(calibration.transfer_copy_gb_per_s, job.transfer_gb_per_s());
        return {};
    }

private:
    explicit Copies(std::shared_ptr<vk::Device> device)
        : device_(std::move(device))
        , slices_(is_software(*device_) ? software_slices : hardware_slices)
        , slice_bytes_(std::min(copy_bytes, device_->limits().max_storage_buffer_range_bytes) / slices_)
    {
        constexpr size_t workgroup_bytes = 16 * workgroup_size * contract::copies_per_invocation;
        slice_bytes_ = slice_bytes_ / workgroup_bytes * workgroup_bytes;
    }

    size_t bytes() const { return slices_ * slice_bytes_; }

    vk::BufferRange slice_of(const vk::Buffer& buffer, size_t slice) const
    {
        return {.buffer = &buffer, .offset_bytes = slice * slice_bytes_, .size_bytes = slice_bytes_};
    }

    /// Writes both buffers, because pages that were never written may all be the same page.
    Status fill()
    {
        constexpr uint32_t one = 0x3f800000;
        vk::CommandList list(device_);
        list.fill({.buffer = &source_}, one);
        list.fill({.buffer = &destination_}, one);
        VKSEG_TRY(list.finish());
        return device_->run(list);
    }

    Result<double> kernel_gb_per_s()
    {
        VKSEG_ASSIGN(const vk::Pipeline* const pipeline, create_pipeline(*device_, Shader::calibrate_copy, 2));
        const contract::CopyPush push = {.elements = int(slice_bytes_ / 16)};
        const uint32_t workgroups = uint32_t(push.elements) / (workgroup_size * contract::copies_per_invocation);
        return gb_per_s(
            [&](vk::CommandList& list, size_t slice)
            {
                const vk::Binding bindings[] = {{.range = slice_of(destination_, slice)},
                                                {.range = slice_of(source_, slice)}};
                list.dispatch({.pipeline = pipeline,
                               .bindings = bindings,
                               .push_constants = std::as_bytes(std::span(&push, 1)),
                               .group_count = {workgroups, 1, 1}});
            });
    }

    Result<double> transfer_gb_per_s()
    {
        return gb_per_s([&](vk::CommandList& list, size_t slice)
                        { list.copy(slice_of(source_, slice), slice_of(destination_, slice)); });
    }

    template <class Record>
    Result<double> gb_per_s(Record record)
    {
        std::vector<vk::CommandList> lists;
        for (size_t slice = 0; slice < slices_; ++slice)
        {
            lists.emplace_back(device_, vk::Timing::whole_list);
            record(lists.back(), slice);
            VKSEG_TRY(lists.back().finish());
        }
        VKSEG_ASSIGN(const double ms, best_run_ms(*device_, lists));
        return 2 * double(slice_bytes_) / (ms * 1e6);
    }

    std::shared_ptr<vk::Device> device_; // shared: see vk::Device
    size_t slices_ = 1;
    size_t slice_bytes_ = 0;
    vk::Buffer source_;
    vk::Buffer destination_;
};

} // namespace

Result<Calibration> calibrate(const Device& device)
{
    Calibration calibration;
    VKSEG_ASSIGN(calibration.multiply_add_gflop_per_s, MultiplyAdds::measure(device.vulkan()));
    VKSEG_TRY(Copies::measure(device.vulkan(), calibration));
    return calibration;
}

} // namespace vkseg
