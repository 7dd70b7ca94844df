#pragma once

#include "vkseg/pipeline_statistics.hpp"
#include "vkseg/session.hpp"

#include <optional>

/// What a driver's compiler makes of a network's kernels: which take more registers than the GPU has, and which take
/// long to compile.
namespace vkseg {

struct PipelineReport
{
    std::string shader;
    std::string storage; ///< "f32", "f16" or "i32": what the kernel is built for
    std::array<uint32_t, 3> workgroup_size = {};
    std::vector<uint32_t> specialization_constants; ///< bits of those behind the workgroup's size
    size_t spirv_bytes = 0;
    size_t launches = 0;
    double operations = 0;          ///< additions and multiplications of these launches
    std::vector<std::string> nodes; ///< that it computes, in the network's order, each once
    std::string failure;            ///< what the driver answered if it refused; else empty, and what follows is told
    double compile_ms = 0;          ///< without the caches of vkseg; the driver's own may have helped
    std::vector<PipelineExecutable> executables; ///< empty where the driver tells nothing
    /// Registers that lie in memory for want of room, stores counted, and bytes of memory that an invocation needs for
    /// them and for arrays, by the names that the drivers give them. Nothing where the driver tells of neither.
    std::optional<int64_t> spills;
    std::optional<int64_t> scratch_bytes;

    bool is_spilling() const { return spills.value_or(0) > 0 || scratch_bytes.value_or(0) > 0; }
};

/// Creates every pipeline of the network's plan, one after the other, and lets it go again; no memory is allocated on
/// the device. In the order in which the network first uses them. The statistics need
/// DeviceOptions::pipeline_statistics, and VK_KHR_pipeline_executable_properties of the driver. Fails where the network
/// cannot be planned; a pipeline that the driver refuses is told of in its report.
VKSEG_API Result<std::vector<PipelineReport>> report_pipelines(const Device& device, const Graph& graph,
                                                               std::span<const NamedShape> shapes = {},
                                                               const SessionOptions& options = {});

} // namespace vkseg
