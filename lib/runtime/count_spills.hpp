#pragma once

#include "vkseg/pipelines.hpp"

namespace vkseg {

/// Sets `spills` and `scratch_bytes` by the report's statistics, whose names are up to the driver.
void count_spills(PipelineReport& report);

} // namespace vkseg
