#include "support/pairwise.hpp"

#include <doctest/doctest.h>

#include <string>

namespace vkseg::test::pairwise_test {

TEST_CASE("pairwise: any two values of two lists meet, in hardly more cases than the longest two lists need")
{
    const std::vector<size_t> sizes_of[] = {{4, 3}, {2, 2, 2}, {4, 4, 4}, {5, 1, 3, 2}, {3, 7, 2, 2, 5}};
    const size_t longest[] = {12, 5, 20, 18, 42};
    for (size_t i = 0; i < std::size(sizes_of); ++i)
    {
        CAPTURE(i);
        const std::vector<size_t>& sizes = sizes_of[i];
        const std::vector<std::vector<size_t>> rows = pairwise_rows(sizes);
        CHECK(rows.size() <= longest[i]);
        for (size_t second = 1; second < sizes.size(); ++second)
        {
            for (size_t first = 0; first < second; ++first)
            {
                std::vector<bool> meet(sizes[first] * sizes[second]);
                for (const std::vector<size_t>& row : rows)
                    meet.at(row.at(first) * sizes[second] + row.at(second)) = true;
                CHECK(meet == std::vector<bool>(meet.size(), true));
            }
        }
    }
}

TEST_CASE("pairwise: cases hold the values of the lists")
{
    const auto cases = pairwise<std::string, int, bool>({"a", "b"}, {7}, {false, true});
    REQUIRE(cases.size() == 4);
    CHECK(std::get<0>(cases[0]) == "a");
    CHECK(std::get<1>(cases[3]) == 7);
    CHECK(std::get<2>(cases[0]) != std::get<2>(cases[1]));
}

} // namespace vkseg::test::pairwise_test
