#include "vkseg/instances.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace vkseg::polygons_test {
namespace {

using Polygons = std::vector<Polygon>;

std::string refusal(const Polygons& polygons, int64_t height = 40, int64_t width = 50)
{
    return from_polygons(polygons, height, width).status().message();
}

} // namespace

TEST_CASE("polygons: pixels are those of pycocotools")
{
    struct Case
    {
        Polygons polygons;
        const char* text;
    };
    const Case cases[] = {
        {{{10, 5, 30, 5, 30, 25, 10, 25}}, "e<d0d00000000000000000000000000000000000000kh0"},
        {{{10.3, 5.7, 30.2, 8.1, 22.5, 29.9}}, "n=2V12N2N2N2O1N2N2N2N2N2N2NM3M4M2M3M3M3Mkh0"},
        {{{-5, -5, 20, 10, 8.5, 60}}, "0e0c05K4L5L4K01O001O1O001O001M3K4L5J5L5J6KZU1"},
        {{{5, 5, 25, 5, 5, 25, 25, 25}},
         "P71d00M130K150I170G190E1;0C1=0A1?0_O1a00]O1c0O]O1c0N_O1a0NA1?NC1=NE1;NG19"
         "NI17NK15NM1f0O`n0"},
        {{{2, 2, 20, 2, 20, 20, 2, 20}, {10, 10, 30, 10, 30, 30, 10, 30}, {35, 35, 45, 35, 40, 39.5}},
         "b2b0f000000000000000:F000000000000000008H000000000000000000Y8]OZH1O1O1O00O1O1O^6"},
        {{{60, 60, 70, 60, 70, 70}}, "`n1"},
    };
    for (const Case& one : cases)
    {
        const Result<RunLengths> mask = from_polygons(one.polygons, 40, 50);
        REQUIRE_MESSAGE(mask.is_ok(), mask.status().message());
        CHECK(to_coco_string(*mask) == one.text);
    }
}

TEST_CASE("polygons: corners that are given twice change nothing")
{
    CHECK(to_coco_string(*from_polygons(Polygons{{1, 1, 1, 1, 9, 1, 9, 9, 9, 9, 1, 9}}, 10, 10)) ==
          ";8200000000000009");
    CHECK(mask_area(*from_polygons(Polygons{{3, 3, 3, 3, 3, 3}}, 10, 10)) == 0);
}

TEST_CASE("polygons: a polygon around the picture covers it, wherever its corners are")
{
    const Result<RunLengths> mask = from_polygons(Polygons{{-1e8, -1e8, 1e8, -1e8, 1e8, 1e8, -1e8, 1e8}}, 40, 50);
    REQUIRE(mask.is_ok());
    CHECK(mask->counts == std::vector<uint32_t>{0, 2000});
}

TEST_CASE("polygons: lists that are no polygons are refused")
{
    CHECK(refusal({}) == "polygon: expected one or more, got none");
    CHECK(refusal({{1, 1, 5, 5}}) == "polygon: expected an even number of coordinates, 6 or more, got 4");
    CHECK(refusal({{1, 1, 5, 5, 9, 9, 3}}) == "polygon: expected an even number of coordinates, 6 or more, got 7");
    CHECK(refusal({{1, 1, 5, 5, 9, 1e9}}).starts_with("polygon: expected coordinates within ±100,000,000, got 1000"));
    CHECK(refusal({{1, 1, 5, 5, 9, std::nan("")}}).starts_with("polygon: expected coordinates within"));
    CHECK(refusal({{1, 1, 5, 1, 5, 5}}, 0, 5) == "mask: expected 1 to 2147483647 pixels, got 0x5");
}

TEST_CASE("polygons: the work is bounded")
{
    Polygon zigzag;
    for (int i = 0; i < 100; ++i)
        zigzag.insert(zigzag.end(), {0, double(i), 1e8, double(i)});
    CHECK(refusal({zigzag}, 20, 100000000) == "polygon: the edges cross too many columns of pixels");
    CHECK(refusal({zigzag}, 20, 50000) == "");
}

} // namespace vkseg::polygons_test
