#include "support/pairwise.hpp"

#include <algorithm>
#include <set>

namespace vkseg::test {
namespace {

struct Entry
{
    size_t list = 0;
    size_t index = 0;
    auto operator<=>(const Entry&) const = default;
};

using Pairs = std::set<std::pair<Entry, Entry>>; // of the earlier list first

Pairs all_pairs(std::span<const size_t> sizes)
{
    Pairs pairs;
    for (size_t second = 1; second < sizes.size(); ++second)
        for (size_t first = 0; first < second; ++first)
            for (size_t i = 0; i < sizes[first]; ++i)
                for (size_t k = 0; k < sizes[second]; ++k)
                    pairs.insert({{first, i}, {second, k}});
    return pairs;
}

} // namespace

std::vector<std::vector<size_t>> pairwise_rows(std::span<const size_t> sizes)
{
    std::vector<std::vector<size_t>> rows;
    Pairs missing = all_pairs(sizes);
    while (!missing.empty())
    {
        // Begins with a pair that is missing, then takes for each list the index with the most missing pairs. Lists
        // begin at another index in each row, so that all indices are used about equally often.
        const auto [first, second] = *missing.begin();
        std::vector<Entry> row = {first, second};
        for (size_t list = 0; list < sizes.size(); ++list)
        {
            if (list == first.list || list == second.list)
                continue;
            Entry best;
            size_t best_count = 0;
            for (size_t i = 0; i < sizes[list]; ++i)
            {
                const Entry entry = {list, (i + rows.size()) % sizes[list]};
                const auto is_missing = [&](const Entry& other) { return missing.contains(std::minmax(entry, other)); };
                const size_t count = size_t(std::ranges::count_if(row, is_missing));
                if (i == 0 || count > best_count)
                {
                    best = entry;
                    best_count = count;
                }
            }
            row.push_back(best);
        }
        std::ranges::sort(row);
        for (size_t i = 0; i < row.size(); ++i)
            for (size_t k = i + 1; k < row.size(); ++k)
                missing.erase({row[i], row[k]});
        std::vector<size_t>& indices = rows.emplace_back();
        for (const Entry& entry : row)
            indices.push_back(entry.index);
    }
    return rows;
}

} // namespace vkseg::test
