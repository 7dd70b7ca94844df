#pragma once

#include "ops/plan.hpp"

namespace vkseg {

/// Rows that lie along an axis of a linear tensor, and the order that they are sorted in (shaders/selection/sort.h).
struct RowSort
{
    Operand source;           ///< the tensor: floats or integers
    Binding binding;          ///< memory of the tensor
    size_t axis = 0;          ///< its extent is at least 1
    int64_t kept = 1;         ///< number of pairs of each row that are needed: 1 to the extent
    bool is_rising = false;   ///< smallest values first
    bool is_filtered = false; ///< NaN and values up to `bound` come last, with sort_last_key
    std::optional<float> bound = {};
};

/// Appends the launches that sort the rows. Returns the index of the scratch memory that then holds `kept` pairs
/// uvec2(key, index) of each row. Rows are in row-major order of the axes other than `axis`.
Result<uint32_t> append_sort(Plan& plan, const RowSort& sort, const Limits& limits);

} // namespace vkseg
