#include "segment/stage_times.hpp"

#include "segment/extend.hpp"

namespace vkseg {

StageTimes stage_times_of(const RunResult& result)
{
    StageTimes times;
    times.plan_ms = result.plan_ms;
    times.total_ms = result.total_ms;
    times.device_ms = result.device_ms;
    for (const NodeTime& node : result.nodes)
    {
        const bool is_mask = node.node.starts_with(mask_name) || node.node.starts_with(boxes_name) ||
                             node.node.starts_with(paste_name) || node.node.starts_with(decode_name) ||
                             node.node.starts_with(magnitudes_name) || node.node.starts_with(smoothing_name);
        double& stage = node.node.starts_with(tensor_name) ? times.prepare_ms
                        : is_mask                          ? times.mask_ms
                        : node.node.starts_with(crf_name)  ? times.refine_ms
                                                           : times.network_ms;
        stage += node.time_ms;
    }
    return times;
}

} // namespace vkseg
