#include "segment/axes.hpp"

#include "base/invalid.hpp"

#include <algorithm>
#include <cmath>

namespace vkseg {
namespace {

struct MapReading
{
    TensorLayout layout = TensorLayout::nchw;
    int64_t channels = 1;
    int64_t height = 1;
    int64_t width = 1;
};

/// True if height and width are those of the input, scaled by the same factor and rounded up or down.
bool is_in_proportion(int64_t height, int64_t width, const MapQuery& query)
{
    return (height - 1) * query.input_width < (width + 1) * query.input_height &&
           (width - 1) * query.input_height < (height + 1) * query.input_width;
}

bool is_in_proportion(const MapReading& reading, const MapQuery& query)
{
    return is_in_proportion(reading.height, reading.width, query);
}

/// Distance between the proportions of map and input: 0 if equal, log 2 for twice as high or wide.
double distortion(const MapReading& reading, const MapQuery& query)
{
    return std::abs(std::log(double(reading.height) * double(query.input_width) /
                             (double(reading.width) * double(query.input_height))));
}

/// Returns the problem with the number of channels, or an empty string.
std::string channel_problem(const MapReading& reading, const MapQuery& query)
{
    const std::string count = std::to_string(reading.channels) + (reading.channels == 1 ? " channel" : " channels");
    const int64_t labels = std::max<int64_t>(2, reading.channels); // one channel separates foreground from background
    if (query.is_labels)
        return reading.channels == 1 ? "" : "expected labels in 1 channel, got " + count;
    if (reading.channels > max_classes)
        return "expected at most " + std::to_string(max_classes) + " classes, got " + count;
    if (query.classes != 0 && int64_t(query.classes) != labels)
        return "'classes' names " + std::to_string(query.classes) + ", but " + count +
               (reading.channels == 1 ? " distinguishes " : " distinguish ") + std::to_string(labels) + " classes";
    return "";
}

Result<std::vector<MapReading>> readings_of(const MapQuery& query)
{
    const Shape& shape = query.shape;
    const auto sides = [&](size_t first)
    {
        const int64_t a = shape[first];
        const int64_t b = shape[first + 1];
        const int64_t c = shape[first + 2];
        return std::vector<MapReading>{{TensorLayout::nchw, a, b, c}, {TensorLayout::nhwc, c, a, b}};
    };
    switch (shape.rank())
    {
    case 2:
        return std::vector<MapReading>{{TensorLayout::nchw, 1, shape[0], shape[1]}};
    case 3:
        return sides(0);
    case 4:
        if (shape[0] == 1)
            return sides(1);
        return invalid(query.who + " holds " + std::to_string(shape[0]) + " maps, but a picture has one");
    default:
        return invalid(query.who + " is not a map of classes: expected 1xCxHxW or 1xHxWxC, without the batch, or HxW");
    }
}

Status check_proportions(const MapReading& reading, const MapQuery& query)
{
    if (is_in_proportion(reading, query) || !is_in_proportion(reading.width, reading.height, query))
        return {};
    return invalid(query.who + " has maps of " + std::to_string(reading.height) + "x" + std::to_string(reading.width) +
                   " for an input of " + std::to_string(query.input_height) + "x" + std::to_string(query.input_width) +
                   " (height x width): its axes seem to be swapped; if they are not, set output.layout to \"" +
                   (reading.layout == TensorLayout::nchw ? "NCHW" : "NHWC") + "\"");
}

/// Returns the reading that fits the input's size better, or null if neither clearly does.
const MapReading* likelier(const MapReading& a, const MapReading& b, const MapQuery& query)
{
    if (is_in_proportion(a, query) != is_in_proportion(b, query))
        return is_in_proportion(a, query) ? &a : &b;
    const double of_a = distortion(a, query);
    const double of_b = distortion(b, query);
    if (is_in_proportion(a, query) && (of_a == 0) != (of_b == 0))
        return of_a == 0 ? &a : &b;
    constexpr double clearly = 0.69; // about log 2: twice as far from the input's proportions
    if (std::abs(of_a - of_b) > clearly)
        return of_a < of_b ? &a : &b;
    return nullptr;
}

} // namespace

Shape shape_of_batch(const Shape& picture)
{
    if (picture.rank() != 3)
        return picture;
    return {1, picture[0], picture[1], picture[2]};
}

Result<TensorLayout> input_layout(const Value& input, int64_t channels, std::optional<TensorLayout> described)
{
    const std::string who = "input '" + input.name + "' " + to_string(input.shape);
    if (!input.has_shape)
        return described.value_or(TensorLayout::nchw);
    const Shape shape = shape_of_batch(input.shape);
    if (shape.rank() != 4 || (shape[0] != 1 && shape[0] != -1))
        return invalid(who + " does not take a picture: expected 1xCxHxW, 1xHxWxC, CxHxW or HxWxC");
    const auto may_be = [&](size_t axis) { return shape[axis] == channels || shape[axis] == -1; };
    const bool may_be_first = may_be(1) && described != TensorLayout::nhwc;
    const bool may_be_last = may_be(3) && described != TensorLayout::nchw;
    if (!may_be_first && !may_be_last)
        return invalid(who + " does not take " + std::to_string(channels) + (channels == 1 ? " channel" : " channels"));
    if (may_be_first && may_be_last && shape[1] == channels && shape[3] == channels)
        return invalid(who + " may have its channels first or last: set input.layout to \"NCHW\" or \"NHWC\"");
    const bool is_first = may_be_first && (!may_be_last || shape[1] == channels || shape[3] == -1);
    return is_first ? TensorLayout::nchw : TensorLayout::nhwc;
}

Result<MapAxes> map_axes(const MapQuery& query)
{
    Result<std::vector<MapReading>> found = readings_of(query);
    if (!found.is_ok())
        return found.status();
    std::vector<MapReading> readings = *std::move(found);
    if (query.described && readings.size() > 1)
        readings = {readings[*query.described == TensorLayout::nchw ? 0 : 1]};
    std::vector<MapReading> fitting;
    std::copy_if(readings.begin(), readings.end(), std::back_inserter(fitting),
                 [&](const MapReading& reading) { return channel_problem(reading, query).empty(); });
    if (fitting.empty())
    {
        const MapReading* const meant = readings.size() > 1 ? likelier(readings[0], readings[1], query) : nullptr;
        return invalid(query.who + ": " + channel_problem(meant != nullptr ? *meant : readings[0], query));
    }
    const MapReading* chosen = &fitting[0];
    if (fitting.size() > 1)
        chosen = likelier(fitting[0], fitting[1], query);
    if (chosen == nullptr)
        return invalid(query.who + " may have its channels first or last: set output.layout to \"NCHW\" or \"NHWC\"");
    if (!query.described)
    {
        if (Status status = check_proportions(*chosen, query); !status.is_ok())
            return status;
    }
    return MapAxes{.layout = chosen->layout, .channels = chosen->channels};
}

} // namespace vkseg
