#include "kernel_list/list_kernels.hpp"

#include "base/try.hpp"
#include "ops/picture/picture_placement.hpp"
#include "runtime/built_kernels.hpp"
#include "runtime/fuse.hpp"
#include "runtime/program.hpp"
#include "segment/extend.hpp"
#include "vk/reported_limits.hpp"
#include "vkseg/model.hpp"
#include "vkseg/session.hpp"

#include <algorithm>
#include <vector>

namespace vkseg {
namespace {

/// Limits as drivers report them, in steps: the specification's minimum, a phone, desktops.
std::vector<vk::ReportedLimits> reports()
{
    vk::ReportedLimits minimum;
    vk::ReportedLimits phone;
    phone.subgroup_size = 16;
    phone.subgroup_stages = VK_SHADER_STAGE_COMPUTE_BIT;
    phone.subgroup_operations = VK_SUBGROUP_FEATURE_BASIC_BIT | VK_SUBGROUP_FEATURE_SHUFFLE_BIT;
    phone.has_storage_f16 = true;
    phone.has_arithmetic_f16 = true;
    phone.has_packed_dot = true;
    phone.has_fast_packed_dot = true;
    phone.limits.maxComputeWorkGroupInvocations = 512;
    phone.limits.maxComputeSharedMemorySize = 32 << 10;
    phone.limits.maxTexelBufferElements = 1 << 26;
    phone.limits.minStorageBufferOffsetAlignment = 16;
    phone.limits.minTexelBufferOffsetAlignment = 64;
    std::fill_n(phone.limits.maxComputeWorkGroupSize, 3, 512);
    std::fill_n(phone.limits.maxComputeWorkGroupCount, 3, 65535);
    vk::ReportedLimits desktop = phone;
    desktop.subgroup_size = 32;
    desktop.limits.maxComputeWorkGroupInvocations = 1024;
    desktop.limits.maxComputeSharedMemorySize = 48 << 10;
    desktop.limits.maxStorageBufferRange = ~0u;
    desktop.max_allocation_bytes = size_t(4) << 30;
    std::fill_n(desktop.limits.maxComputeWorkGroupSize, 3, 1024);
    vk::ReportedLimits matrices = desktop;
    matrices.has_full_subgroups = true;
    matrices.has_memory_model = true;
    matrices.khr_matrices = {{.rows = 16, .columns = 16, .depth = 16}};
    matrices.nv_matrices = matrices.khr_matrices;
    vk::ReportedLimits small_matrices = matrices;
    small_matrices.khr_matrices = {{.rows = 8, .columns = 8, .depth = 16}};
    small_matrices.nv_matrices = small_matrices.khr_matrices;
    return {minimum, phone, desktop, matrices, small_matrices};
}

std::vector<Limits> all_limits(bool gpus_only)
{
    std::vector<Limits> all;
    const auto add = [&](const Limits& limits)
    {
        if (std::ranges::find(all, limits) == all.end())
            all.push_back(limits);
    };
    for (const vk::DeviceIdentity& identity : vk::known_identities())
    {
        if (gpus_only && identity.type == VK_PHYSICAL_DEVICE_TYPE_CPU)
            continue;
        for (vk::ReportedLimits report : reports())
        {
            report.identity = identity;
            Limits limits = vk::sanitise(report);
            add(limits);
            add(plainest(limits));
            limits.preferences.multiplies_halves = limits.has_arithmetic_f16 && !limits.preferences.multiplies_halves;
            add(limits);
        }
    }
    return all;
}

/// Adds the kernels that a graph needs at these shapes; false if no device can be planned for.
bool add_kernels(const Graph& graph, std::span<const NamedShape> shapes, std::span<const Limits> all, Kernels& kernels,
                 std::span<const StateLink> state = {})
{
    const Result<std::vector<StateEnds>> states = find_states(graph, state);
    if (!states.is_ok())
        return false;
    const Result<std::vector<NamedShape>> all_shapes = with_state_shapes(graph, *states, shapes);
    if (!all_shapes.is_ok())
        return false;
    const Result<Graph> specialized = specialize(graph, *all_shapes);
    if (!specialized.is_ok())
        return false;
    Graph of_bytes = *specialized;
    multiply_bytes(of_bytes);
    bool is_planned = false;
    for (const Limits& limits : all)
    {
        for (const Storage real : {Storage::f32, Storage::f16})
        {
            for (const bool allow_winograd : {true, false})
            {
                if (!allow_winograd && limits != plainest(limits)) // the least is enough, as for a missing kernel
                    continue;
                const Result<Program> program =
                    make_program(limits.preferences.multiplies_bytes ? of_bytes : *specialized,
                                 {.real = real, .allow_winograd = allow_winograd, .states = *states}, limits, true);
                if (!program.is_ok())
                    continue;
                is_planned = true;
                for (const Launch& launch : program->launches)
                    kernels.emplace(launch.dispatch.shader, launch.dispatch.variant);
            }
        }
    }
    return is_planned;
}

/// Pictures of which a network plans differently: small and large, of every number of channels, and such that networks
/// which take any size compute planes of many sizes.
std::vector<Shape> pictures()
{
    return {{1, 1, 3},   {61, 43, 4},   {97, 97, 1},   {3000, 4000, 3},
            {64, 64, 3}, {128, 192, 3}, {256, 256, 3}, {512, 512, 3}};
}

} // namespace

Result<Kernels> list_kernels(const Graph& graph, const std::optional<ModelDescription>& description, bool gpus_only)
{
    const std::vector<Limits> limits = all_limits(gpus_only);
    Kernels kernels;
    bool is_planned = add_kernels(graph, {}, limits, kernels);
    if (description)
    {
        ModelDescription complete = *description;
        VKSEG_ASSIGN(const Graph segmenter, extend(graph, complete));
        for (const Shape& picture : pictures())
        {
            const NamedShape shape = {picture_name, picture};
            is_planned = add_kernels(segmenter, {&shape, 1}, limits, kernels, state_links(complete)) || is_planned;
            if (!complete.placement.size.empty())
                continue; // the network alone is planned above
            VKSEG_ASSIGN(const PlacedPicture placed, place_picture(complete.placement, picture));
            const int64_t channels = complete.order == ChannelOrder::grey ? 1 : 3;
            const bool is_nhwc = complete.input_layout == TensorLayout::nhwc;
            const NamedShape tensor = {complete.input,
                                       is_nhwc ? Shape{1, placed.tensor_height, placed.tensor_width, channels}
                                               : Shape{1, channels, placed.tensor_height, placed.tensor_width}};
            is_planned = add_kernels(graph, {&tensor, 1}, limits, kernels, complete.state) || is_planned;
        }
    }
    if (is_planned)
        return kernels;
    const Status status = specialize(graph).status();
    return status.is_ok() ? Status(StatusCode::unsupported, "the network cannot be planned for any device") : status;
}

Result<Kernels> list_kernels(const std::filesystem::path& model, bool gpus_only)
{
    VKSEG_ASSIGN(const Graph graph, load_model(model));
    const Result<ModelDescription> found = find_description(model, graph);
    std::filesystem::path beside = model;
    const bool is_described =
        std::filesystem::exists(beside.replace_extension(".json")) || graph.metadata.contains("vkseg");
    if (is_described && !found.is_ok())
        return found.status();
    const std::optional<ModelDescription> description =
        found.is_ok() ? std::optional(*found) : std::optional<ModelDescription>();
    const Result<Kernels> kernels = list_kernels(graph, description, gpus_only);
    if (kernels.is_ok())
        return kernels;
    return kernels.status().with_context(model.string());
}

} // namespace vkseg
