#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What VK_KHR_pipeline_executable_properties tells of a pipeline.
namespace vkseg {

/// A figure that the driver gives, under its own name: "Registers", "Spill count", … Drivers differ.
struct PipelineStatistic
{
    std::string name;
    std::string description;
    double value = 0;
};

/// One of the programs that the driver made of a pipeline; most drivers make one.
struct PipelineExecutable
{
    std::string name;
    uint32_t subgroup_size = 0; ///< invocations that run in step; 0: not told
    std::vector<PipelineStatistic> statistics;
};

} // namespace vkseg
