#pragma once

#include "vkseg/instances.hpp"

namespace vkseg {

/// from_polygons() for files of many polygons. Takes the columns that the polygons cross from `columns_left`, and fails
/// if these do not suffice.
Result<RunLengths> from_polygons(std::span<const Polygon> polygons, int64_t height, int64_t width,
                                 uint64_t& columns_left);

} // namespace vkseg
