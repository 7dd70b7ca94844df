#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Statistics of a compiled pipeline, from VK_KHR_pipeline_executable_properties.
///
///     for (const PipelineExecutable& executable : report.executables) // of a PipelineReport (pipelines.hpp)
///     {
///         for (const PipelineStatistic& statistic : executable.statistics)
///             std::printf("%s: %g\n", statistic.name.c_str(), statistic.value);
///     }
namespace vkseg {

/// A figure with the name that the driver gives it: "Registers", "Spill count", … Drivers differ.
struct PipelineStatistic
{
    std::string name;
    std::string description;
    double value = 0;
};

/// A program that the driver compiled from a pipeline. Most drivers compile one per pipeline.
struct PipelineExecutable
{
    std::string name;
    uint32_t subgroup_size = 0; ///< invocations that run in lockstep; 0: not reported
    std::vector<PipelineStatistic> statistics;
};

} // namespace vkseg
