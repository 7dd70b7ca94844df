#include "runtime/trace_nodes.hpp"

#include "base/trace.hpp"
#include "runtime/pipeline_keys.hpp"
#include "vk/device_clock.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {

void trace_nodes(vk::Device& device, const vk::CommandList& commands, const Program& program,
                 const SubmissionTimes& times)
{
    if (!is_traced())
        return;
    const Result<vk::Timeline> timeline = commands.timeline();
    if (!timeline.is_ok())
        return;
    const int64_t length_ns = std::llround(timeline->length_ns);
    const int64_t begin_ns = device.clock().place({.device_begin_ns = timeline->begin_ns,
                                                   .length_ns = length_ns,
                                                   .submitted_ns = times.submitted_ns,
                                                   .done_ns = times.done_ns});
    TraceSpan span = {.name = program.graph.name.empty() ? "network" : program.graph.name.c_str(),
                      .category = "run",
                      .begin_ns = begin_ns,
                      .end_ns = begin_ns + length_ns,
                      .device = device.description().name.c_str(),
                      .track = device.clock().number()};
    report_span(span);
    span.category = "node";
    const std::vector<vk::Timeline::Interval>& dispatches = timeline->dispatches;
    for (size_t i = 0; i < dispatches.size();)
    {
        const uint32_t step = program.launches[i].step;
        const size_t first = i;
        while (i < dispatches.size() && program.launches[i].step == step)
            ++i;
        const StepName name = name_of(program, program.schedule.steps[step]);
        const std::string detail = name.op + " " + to_string(name.shape);
        span.name = name.node.empty() ? name.op.c_str() : name.node.c_str();
        span.detail = detail.c_str();
        span.begin_ns = begin_ns + std::llround(dispatches[first].begin_ns);
        span.end_ns = begin_ns + std::llround(dispatches[i - 1].end_ns);
        report_span(span);
    }
}

} // namespace vkseg
