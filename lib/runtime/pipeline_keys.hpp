#pragma once

#include "runtime/program.hpp"
#include "vk/pipeline.hpp"

namespace vkseg {

/// Of each launch, the pipeline that it runs; launches may share one.
std::vector<vk::PipelineKey> pipeline_keys(const Program& program);

/// What people know a step by.
struct StepName
{
    std::string node; ///< or, of a step that the graph does not have, the tensor that it moves
    std::string op;   ///< "Conv", "MaxPool", …; "layout" for a change of layout, "input" and "output" for transfers
    Shape shape;      ///< of its first output
};
StepName name_of(const Program& program, const Step& step);

} // namespace vkseg
