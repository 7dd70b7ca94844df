#pragma once

#include "runtime/program.hpp"
#include "vk/commands.hpp"

namespace vkseg {

/// Host times between which a list of commands ran.
struct SubmissionTimes
{
    int64_t submitted_ns = 0;
    int64_t done_ns = 0;
};

/// Reports the device's spans of a program's run to the trace callback: the whole run and, if the commands are timed
/// one by one, each node. Reports nothing if the commands are not timed.
void trace_nodes(vk::Device& device, const vk::CommandList& commands, const Program& program,
                 const SubmissionTimes& times);

} // namespace vkseg
