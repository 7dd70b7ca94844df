#pragma once

#include "vkseg/pipeline_statistics.hpp"
#include "vkseg/session.hpp"

#include <map>
#include <optional>

/// Report on a network's kernels from the driver's compiler: which kernels spill registers, and which take long to
/// compile.
///
///     const Result<Device> device = Device::create({.pipeline_statistics = true});
///     const Result<std::vector<PipelineReport>> reports = report_pipelines(*device, graph);
///     for (const PipelineReport& report : *reports)
///         std::printf("%s: %.0f ms, %s\n", report.shader.c_str(), report.compile_ms,
///                     report.is_spilling() ? "spilling" : "not spilling");
namespace vkseg {

struct PipelineReport
{
    std::string shader;
    std::string storage; ///< "f32", "f16" or "i32": storage that the kernel is built for
    std::array<uint32_t, 3> workgroup_size = {};
    std::map<uint32_t, uint32_t> specialization_constants; ///< bits by id; the workgroup size is not among them
    size_t spirv_bytes = 0;
    size_t launches = 0;
    double operations = 0;          ///< additions and multiplications in these launches
    std::vector<std::string> nodes; ///< names of the nodes it computes, in the network's order, each once
    std::string failure;            ///< the driver's error if it refused the pipeline; then the members below are unset
    double compile_ms = 0;          ///< without vkseg's caches; the driver's own cache may have helped
    std::vector<PipelineExecutable> executables; ///< empty if the driver reports no statistics
    /// Number of registers spilled to memory, stores counted, and bytes of memory per invocation for spilled registers
    /// and arrays, found by the drivers' names for them. Empty if the driver reports neither.
    std::optional<int64_t> spills;
    std::optional<int64_t> scratch_bytes;

    bool is_spilling() const { return spills.value_or(0) > 0 || scratch_bytes.value_or(0) > 0; }
};

/// Creates and destroys every pipeline of the network's plan, one after the other, in the order of first use; allocates
/// no device memory. The statistics need DeviceOptions::pipeline_statistics and a driver with
/// VK_KHR_pipeline_executable_properties. Fails if the network cannot be planned; if the driver refuses a pipeline, the
/// report of that pipeline says so.
VKSEG_API Result<std::vector<PipelineReport>> report_pipelines(const Device& device, const Graph& graph,
                                                               std::span<const NamedShape> shapes = {},
                                                               const SessionOptions& options = {});

} // namespace vkseg
