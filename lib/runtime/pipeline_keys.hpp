#pragma once

#include "runtime/program.hpp"
#include "vk/pipeline.hpp"

namespace vkseg {

/// The pipeline of each launch; launches may share one.
std::vector<vk::PipelineKey> pipeline_keys(const Program& program);

/// Human-readable identification of a step.
struct StepName
{
    std::string node; ///< the node's name; for a step without a node, the name of the tensor that it moves
    std::string op;   ///< "Conv", "MaxPool", …; "layout" for a change of layout, "input" and "output" for transfers
    Shape shape;      ///< shape of the first output
};
StepName name_of(const Program& program, const Step& step);

/// "conv1 (Conv)": label of a step's commands.
std::string label_of(const Program& program, uint32_t step);

} // namespace vkseg
