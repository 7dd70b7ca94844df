#pragma once

#include "vkseg/segment.hpp"

namespace vkseg {

/// The times of a run of an extended network (extend.hpp), whose nodes belong to stages by their names.
StageTimes stage_times_of(const RunResult& result);

} // namespace vkseg
