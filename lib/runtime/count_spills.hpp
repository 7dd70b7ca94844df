#pragma once

#include "vkseg/pipelines.hpp"

namespace vkseg {

/// Sets `spills` and `scratch_bytes` from the report's statistics, whose names depend on the driver.
void count_spills(PipelineReport& report);

} // namespace vkseg
