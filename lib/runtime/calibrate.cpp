#include "vkseg/calibrate.hpp"

#include "base/try.hpp"
#include "calibrate.h"
#include "shader_list.hpp"
#include "vk/commands.hpp"

#include <algorithm>
#include <chrono>

namespace vkseg {
namespace {

constexpr uint32_t workgroup_size = 64;
/// Enough invocations to fill any GPU; on the processor fewer, so that what a workgroup costs does not count.
constexpr uint32_t hardware_workgroups = 16384;
constexpr uint32_t software_workgroups = 1024;
/// A submission runs for this long, so that what it costs to submit does not count.
constexpr double submission_ms = 30;
constexpr double measuring_ms = 250;
constexpr int least_runs = 5;
constexpr int max_trips = 1 << 20;
/// The most that every device lets a kernel see at once.
constexpr size_t copy_bytes = size_t(1) << 27;

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Time on the device where there are timestamps, else from submission to end.
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

/// The first run, in which drivers still compile, does not count.
Result<double> best_run_ms(vk::Device& device, vk::CommandList& list)
{
    VKSEG_TRY(device.run(list));
    VKSEG_ASSIGN(double best, run_ms(device, list));
    const Clock::time_point start = Clock::now();
    for (int run = 1; run < least_runs || ms_since(start) < measuring_ms; ++run)
    {
        VKSEG_ASSIGN(const double ms, run_ms(device, list));
        best = std::min(best, ms);
    }
    return best;
}

Result<const vk::Pipeline*> create_pipeline(vk::Device& device, Shader shader, uint32_t binding_count)
{
    const ShaderCode& code = shader_code(shader);
    const vk::PipelineKey key = {.shader = code.name,
                                 .spirv = code.spirv[0],
                                 .specialization_constants = {workgroup_size, 1, 1},
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
        : device_(std::move(device))
        , workgroups_(device_->limits().is_software ? software_workgroups : hardware_workgroups)
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
        VKSEG_ASSIGN(const double ms, best_run_ms(*device_, list));
        return 2.0 * contract::multiply_adds_per_trip * trips * double(invocations()) / (ms * 1e6);
    }

    std::shared_ptr<vk::Device> device_; // shared: see vk::Device
    uint32_t workgroups_ = 0;
    const vk::Pipeline* pipeline_ = nullptr;
    vk::Buffer sums_;
};

Status measure_copies(const std::shared_ptr<vk::Device>& device, Calibration& calibration)
{
    const size_t bytes = std::min(copy_bytes, device->limits().max_storage_buffer_range_bytes / 4096 * 4096);
    VKSEG_ASSIGN(const vk::Buffer source, vk::Buffer::create(device, {.bytes = bytes}));
    VKSEG_ASSIGN(const vk::Buffer destination, vk::Buffer::create(device, {.bytes = bytes}));
    {
        // Pages that were never written may all be one and the same.
        constexpr uint32_t one = 0x3f800000;
        vk::CommandList list(device);
        list.fill({.buffer = &source}, one);
        list.fill({.buffer = &destination}, one);
        VKSEG_TRY(list.finish());
        VKSEG_TRY(device->run(list));
    }

    VKSEG_ASSIGN(const vk::Pipeline* const pipeline, create_pipeline(*device, Shader::calibrate_copy, 2));
    const contract::CopyPush push = {.elements = int(bytes / 16)};
    const vk::Binding bindings[] = {{.range = {.buffer = &destination}}, {.range = {.buffer = &source}}};
    vk::CommandList kernel(device, vk::Timing::whole_list);
    kernel.dispatch({.pipeline = pipeline,
                     .bindings = bindings,
                     .push_constants = std::as_bytes(std::span(&push, 1)),
                     .group_count = {uint32_t(bytes / 16 / (workgroup_size * contract::copies_per_invocation)), 1, 1}});
    VKSEG_TRY(kernel.finish());
    VKSEG_ASSIGN(const double kernel_ms, best_run_ms(*device, kernel));
    calibration.kernel_copy_gb_per_s = 2 * double(bytes) / (kernel_ms * 1e6);

    vk::CommandList transfer(device, vk::Timing::whole_list);
    transfer.copy({.buffer = &source}, {.buffer = &destination});
    VKSEG_TRY(transfer.finish());
    VKSEG_ASSIGN(const double transfer_ms, best_run_ms(*device, transfer));
    calibration.transfer_copy_gb_per_s = 2 * double(bytes) / (transfer_ms * 1e6);
    return {};
}

} // namespace

Result<Calibration> calibrate(const Device& device)
{
    Calibration calibration;
    VKSEG_ASSIGN(calibration.multiply_add_gflop_per_s, MultiplyAdds::measure(device.vulkan()));
    VKSEG_TRY(measure_copies(device.vulkan(), calibration));
    return calibration;
}

} // namespace vkseg
