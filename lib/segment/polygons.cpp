#include "segment/polygons.hpp"

#include "base/try.hpp"
#include "segment/mask_size.hpp"

#include <algorithm>
#include <cmath>

// The method of rleFrPoly() in COCO's maskApi.c: corners are rounded to fifths of a pixel, and each edge is a row of
// points, one for each fifth along its longer axis. Where two points that follow each other lie on both sides of the
// centre of a column, the polygon begins or ends in that column. The points themselves are never listed: those beside
// the centres of columns are computed directly.
namespace vkseg {
namespace {

constexpr double max_coordinate = 1e8;
constexpr size_t min_coordinates = 6;
constexpr uint64_t max_columns = uint64_t(1) << 24;
constexpr int64_t scale = 5;  // points for each pixel
constexpr int64_t centre = 2; // the point before the centre of a pixel

Status wrong_polygon(const std::string& message)
{
    return Status(StatusCode::invalid_argument, "polygon: " + message);
}

/// A corner in fifths of a pixel.
struct Corner
{
    int64_t x = 0;
    int64_t y = 0;
};

/// The edge from `a` to `b`, swapped so that the coordinate of its longer axis ascends.
class PolygonEdge
{
public:
    PolygonEdge(Corner a, Corner b)
    {
        is_flat_ = std::abs(b.x - a.x) >= std::abs(b.y - a.y);
        if (is_flat_ ? a.x > b.x : a.y > b.y)
            std::swap(a, b);
        start_ = a;
        length_ = is_flat_ ? b.x - a.x : b.y - a.y;
        slope_ = length_ == 0 ? 0 : double(is_flat_ ? b.y - a.y : b.x - a.x) / double(length_);
    }
    int64_t min_x() const { return std::min(x(0), x(length_)); }
    int64_t max_x() const { return std::max(x(0), x(length_)); }

    /// The y of the upper one of the two neighbouring points with x = `left` and x = `left` + 1.
    int64_t y_at(int64_t left) const
    {
        if (is_flat_)
            return std::min(y(left - start_.x), y(left + 1 - start_.x));
        // x changes monotonically along the edge: the first point of the second x is found by bisection.
        const bool ascends = slope_ > 0;
        int64_t before = 0;
        int64_t after = length_;
        while (after - before > 1)
        {
            const int64_t middle = before + (after - before) / 2;
            ((x(middle) > left) == ascends ? after : before) = middle;
        }
        return y(before);
    }

private:
    int64_t x(int64_t point) const
    {
        return is_flat_ ? start_.x + point : int64_t(double(start_.x) + slope_ * double(point) + .5);
    }
    int64_t y(int64_t point) const
    {
        return is_flat_ ? int64_t(double(start_.y) + slope_ * double(point) + .5) : start_.y + point;
    }

    bool is_flat_ = false; ///< longer along x than along y
    Corner start_;
    int64_t length_ = 0;
    double slope_ = 0; ///< change of the other coordinate with each point
};

Status check_polygon(const Polygon& polygon)
{
    if (polygon.size() < min_coordinates || polygon.size() % 2 != 0)
        return wrong_polygon("expected an even number of coordinates, 6 or more, got " +
                             std::to_string(polygon.size()));
    for (const double coordinate : polygon)
    {
        if (!(std::abs(coordinate) <= max_coordinate))
            return wrong_polygon("expected coordinates within ±100,000,000, got " + std::to_string(coordinate));
    }
    return {};
}

/// Run lengths from the positions of crossings: an even number of crossings at one position changes nothing.
RunLengths fill_between(std::vector<uint32_t> crossings, int64_t height, int64_t width)
{
    std::sort(crossings.begin(), crossings.end());
    const uint32_t pixels = uint32_t(height * width);
    RunLengths mask = {.height = height, .width = width, .counts = {}};
    uint32_t last = 0;
    for (size_t i = 0; i < crossings.size() && crossings[i] < pixels;)
    {
        const uint32_t position = crossings[i];
        size_t count = 0;
        for (; i < crossings.size() && crossings[i] == position; ++i)
            ++count;
        if (count % 2 == 0)
            continue;
        mask.counts.push_back(position - last);
        last = position;
    }
    mask.counts.push_back(pixels - last);
    return mask;
}

Result<RunLengths> fill_polygon(const Polygon& polygon, int64_t height, int64_t width, uint64_t& columns_left)
{
    VKSEG_TRY(check_polygon(polygon));
    std::vector<Corner> corners;
    for (size_t i = 0; i < polygon.size(); i += 2)
        corners.push_back({int64_t(scale * polygon[i] + .5), int64_t(scale * polygon[i + 1] + .5)});
    std::vector<uint32_t> crossings;
    for (size_t i = 0; i < corners.size(); ++i)
    {
        const PolygonEdge edge(corners[i], corners[(i + 1) % corners.size()]);
        // Columns with min_x ≤ 5 column + 2 < max_x.
        const int64_t first = std::max<int64_t>(0, (std::max<int64_t>(0, edge.min_x() - centre) + scale - 1) / scale);
        const int64_t end = std::min(width, (std::max<int64_t>(0, edge.max_x() - centre) + scale - 1) / scale);
        if (end <= first)
            continue;
        if (uint64_t(end - first) > columns_left)
            return wrong_polygon("the edges cross too many columns of pixels");
        columns_left -= uint64_t(end - first);
        for (int64_t column = first; column < end; ++column)
        {
            const double y = (double(edge.y_at(scale * column + centre)) + .5) / double(scale) - .5;
            const double row = std::ceil(std::clamp(y, 0.0, double(height)));
            crossings.push_back(uint32_t(column * height + int64_t(row)));
        }
    }
    return fill_between(std::move(crossings), height, width);
}

} // namespace

Result<RunLengths> from_polygons(std::span<const Polygon> polygons, int64_t height, int64_t width,
                                 uint64_t& columns_left)
{
    VKSEG_TRY(check_mask_size(height, width));
    if (polygons.empty())
        return wrong_polygon("expected one or more, got none");
    std::vector<RunLengths> masks;
    for (const Polygon& polygon : polygons)
    {
        VKSEG_ASSIGN(masks.emplace_back(), fill_polygon(polygon, height, width, columns_left));
    }
    return masks.size() == 1 ? std::move(masks[0]) : mask_union(masks);
}

Result<RunLengths> from_polygons(std::span<const Polygon> polygons, int64_t height, int64_t width)
{
    uint64_t columns_left = max_columns;
    return from_polygons(polygons, height, width, columns_left);
}

} // namespace vkseg
