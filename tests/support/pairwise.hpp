#pragma once

#include <cstddef>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

/// Cases of several parameters that interact in pairs at most. `pairwise<Shape, UnaryKind, bool>({…}, {…}, {…})` has
/// far fewer cases than loops inside one another, and finds the same faults unless three values must meet for one.
namespace vkseg::test {

/// Rows with an index into each of the lists of these sizes. Any two indices into two lists are in a row together.
std::vector<std::vector<size_t>> pairwise_rows(std::span<const size_t> sizes);

/// Cases in which any two values of two lists meet at least once; the same cases in every run.
template <class... Values>
std::vector<std::tuple<Values...>> pairwise(const std::vector<Values>&... lists)
{
    static_assert(sizeof...(Values) > 1);
    const size_t sizes[] = {lists.size()...};
    std::vector<std::tuple<Values...>> cases;
    const auto add = [&]<size_t... list>(const std::vector<size_t>& row, std::index_sequence<list...>)
    {
        cases.emplace_back(lists[row[list]]...);
    };
    for (const std::vector<size_t>& row : pairwise_rows(sizes))
        add(row, std::index_sequence_for<Values...>());
    return cases;
}

} // namespace vkseg::test
