#include "ops/selection/sort.hpp"

#include "base/try.hpp"
#include "selection/sort.h"

#include <algorithm>
#include <bit>

namespace vkseg {
namespace {

constexpr size_t sorted_pair_bytes = 8;
constexpr int max_run_bits = std::countr_zero(uint32_t(contract::sort_pairs));

/// The same as ordered_value in sort_runs.comp; NaN does not occur.
uint32_t ordered_value(float value)
{
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    const uint32_t size = bits & 0x7fffffffu;
    return bits == size || size == 0 ? size | 0x80000000u : ~bits;
}

/// Sorted runs of rows.
struct SortedRuns
{
    int64_t rows = 0;
    int64_t extent = 0; ///< values of a row
    int64_t run = 0;    ///< values that a run covers
    int64_t runs = 0;   ///< number of a row's runs
    int64_t stored = 0; ///< pairs of a run

    int64_t pairs() const { return rows * runs * stored; }
    size_t bytes() const { return size_t(pairs()) * sorted_pair_bytes; }
    /// The runs after a launch of merge_runs, if `kept` pairs of each row are needed.
    SortedRuns merged(int64_t kept) const
    {
        return {.rows = rows,
                .extent = extent,
                .run = 2 * run,
                .runs = div_ceil(runs, 2),
                .stored = std::min(2 * run, kept)};
    }
};

void append_runs(Plan& plan, const RowSort& sort, const SortedRuns& sorted, int run_bits, const Limits& limits)
{
    int64_t inner = 1;
    for (size_t i = sort.axis + 1; i < sort.source.shape.rank(); ++i)
        inner *= sort.source.shape[i];
    Dispatch dispatch = {.shader = Shader::sort_runs,
                         .variant = sort.source.storage,
                         .specialization = {{contract::sort_run_bits_id, run_bits},
                                            {contract::sort_is_rising_id, sort.is_rising},
                                            {contract::sort_is_filtered_id, sort.is_filtered}}};
    dispatch.push_constants = contract::SortRuns{.source_offset = sort.source.view.offset * 4,
                                                 .extent = int(sorted.extent),
                                                 .inner = int(inner),
                                                 .rows = int(sorted.rows),
                                                 .runs = int(sorted.runs),
                                                 .stored = int(sorted.stored),
                                                 .bound = sort.bound ? ordered_value(*sort.bound) : 0};
    dispatch.bindings = {scratch(uint32_t(plan.scratch_bytes.size() - 1)), sort.binding};
    const int64_t groups = div_ceil((sorted.rows * sorted.runs) << run_bits, contract::sort_pairs);
    set_linear_grid(dispatch, groups * contract::sort_invocations, limits, contract::sort_invocations);
    dispatch.operations = 4.0 * double(groups) * contract::sort_pairs * run_bits * (run_bits + 1);
    plan.dispatches.push_back(std::move(dispatch));
}

} // namespace

Result<uint32_t> append_sort(Plan& plan, const RowSort& sort, const Limits& limits)
{
    const Shape& shape = sort.source.shape;
    const int64_t extent = shape[sort.axis];
    const int run_bits = std::min<int>(max_run_bits, std::bit_width(uint64_t(extent - 1)));
    const int64_t run = int64_t(1) << run_bits;
    SortedRuns sorted = {.rows = shape.elements() / extent,
                         .extent = extent,
                         .run = run,
                         .runs = div_ceil(extent, run),
                         .stored = std::min(run, sort.kept)};
    const std::string what = "the sorted values of " + to_string(shape);
    auto from = uint32_t(plan.scratch_bytes.size());
    plan.scratch_bytes.push_back(sorted.bytes());
    VKSEG_TRY(check_scratch(what, plan.scratch_bytes[from], limits));
    append_runs(plan, sort, sorted, run_bits, limits);
    if (sorted.runs == 1)
        return from;

    uint32_t to = from + 1;
    plan.scratch_bytes.push_back(0);
    while (sorted.runs > 1)
    {
        const SortedRuns merged = sorted.merged(sort.kept);
        plan.scratch_bytes[to] = std::max(plan.scratch_bytes[to], merged.bytes());
        VKSEG_TRY(check_scratch(what, plan.scratch_bytes[to], limits));
        Dispatch merge = {.shader = Shader::merge_runs};
        merge.push_constants = contract::MergeRuns{.extent = int(extent),
                                                   .run = int(sorted.run),
                                                   .runs = int(sorted.runs),
                                                   .stored = int(sorted.stored),
                                                   .merged_stored = int(merged.stored),
                                                   .pairs = int(sorted.pairs())};
        merge.bindings = {scratch(to), scratch(from)};
        set_linear_grid(merge, sorted.pairs(), limits);
        merge.operations = 8.0 * double(sorted.pairs()) * std::bit_width(uint64_t(sorted.stored));
        plan.dispatches.push_back(std::move(merge));
        sorted = merged;
        std::swap(from, to);
    }
    return from;
}

} // namespace vkseg
