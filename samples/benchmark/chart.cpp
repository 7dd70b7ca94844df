#include "chart.hpp"

#include "cli/canvas.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace vkseg::benchmark {
namespace {

using cli::Canvas;
using cli::Rectangle;

constexpr int margin = 20;
constexpr int plot_width = 800;
constexpr int value_width = 110;
constexpr int bar_height = 20;
constexpr int gap = 10;

constexpr Colour ink = {32, 32, 32};
constexpr Colour grid = {220, 220, 220};
constexpr Colour bar_colours[] = {{76, 120, 168}, {245, 133, 24},  {84, 162, 75},
                                  {228, 87, 86},  {114, 183, 178}, {178, 121, 162}};

/// Bars of one colour: a device and a precision.
struct Series
{
    size_t device = 0;
    Precision precision = Precision::f32;
    std::string title;
    Colour colour;
};

bool is_drawn(const Row& row, const DeviceReport& device)
{
    return row.failure.empty() && time_of(row, device).min > 0;
}

std::vector<Series> make_series(const std::vector<DeviceReport>& devices)
{
    std::vector<Series> series;
    for (size_t device = 0; device < devices.size(); ++device)
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            const std::vector<Row>& rows = devices[device].rows;
            const auto is_its = [&](const Row& row)
            { return row.precision == precision && is_drawn(row, devices[device]); };
            if (std::any_of(rows.begin(), rows.end(), is_its))
                series.push_back({.device = device,
                                  .precision = precision,
                                  .title = devices[device].name + ", " + name(precision),
                                  .colour = bar_colours[series.size() % std::size(bar_colours)]});
        }
    }
    return series;
}

/// Names of the rows that have a bar, in the order of measurement.
std::vector<std::string> names_of_rows(const std::vector<DeviceReport>& devices)
{
    std::vector<std::string> names;
    for (const DeviceReport& device : devices)
    {
        for (const Row& row : device.rows)
        {
            if (is_drawn(row, device) && std::find(names.begin(), names.end(), row.name) == names.end())
                names.push_back(row.name);
        }
    }
    return names;
}

class Scale
{
public:
    explicit Scale(const std::vector<DeviceReport>& devices)
    {
        double least = 1e30;
        double most = 1e-30;
        for (const DeviceReport& device : devices)
        {
            for (const Row& row : device.rows)
            {
                if (!is_drawn(row, device))
                    continue;
                least = std::min(least, time_of(row, device).min);
                most = std::max(most, time_of(row, device).max);
            }
        }
        if (least > most)
            least = most = 1;
        first_decade_ = int(std::floor(std::log10(least)));
        last_decade_ = std::max(int(std::ceil(std::log10(most))), first_decade_ + 1);
    }

    int first_decade() const { return first_decade_; }
    int last_decade() const { return last_decade_; }

    int width_of(double ms) const
    {
        const double share = (std::log10(ms) - first_decade_) / (last_decade_ - first_decade_);
        return int(std::clamp(share, 0.0, 1.0) * plot_width);
    }

private:
    int first_decade_ = 0;
    int last_decade_ = 0;
};

void draw_bar(Canvas& canvas, const Rectangle& plot, const Scale& scale, const cli::Spread& time, Colour colour)
{
    const int begin = scale.width_of(time.min);
    const int end = scale.width_of(time.max);
    const int middle = plot.y + bar_height / 2;
    canvas.fill({plot.x, plot.y, scale.width_of(time.median), bar_height - 2}, colour);
    canvas.fill({plot.x + begin, middle - 1, std::max(end - begin, 1), 2}, ink);
    canvas.write(plot.x + std::max(end, scale.width_of(time.median)) + 6, plot.y + 1,
                 fmt::format("{:.3g}", time.median), ink);
}

} // namespace

void write_chart(const std::filesystem::path& path, const std::vector<DeviceReport>& devices)
{
    const std::vector<Series> series = make_series(devices);
    const std::vector<std::string> names = names_of_rows(devices);
    const Scale scale(devices);
    int names_width = 0;
    for (const std::string& name : names)
        names_width = std::max(names_width, Canvas::width_of(name));

    const int bars_height = int(series.size()) * bar_height + gap;
    const int left = margin + names_width + margin;
    const int top = margin + int(series.size() + 2) * Canvas::line_height;
    const int bottom = top + int(names.size()) * bars_height;
    Canvas canvas(left + plot_width + value_width, bottom + Canvas::line_height + margin);

    canvas.write(margin, margin, "ms on the device, median, shortest to longest", ink);
    for (size_t i = 0; i < series.size(); ++i)
    {
        const int y = margin + int(i + 1) * Canvas::line_height;
        canvas.fill({margin, y, bar_height, bar_height - 4}, series[i].colour);
        canvas.write(margin + bar_height + gap, y, series[i].title, ink);
    }
    for (int decade = scale.first_decade(); decade <= scale.last_decade(); ++decade)
    {
        const int x = left + scale.width_of(std::pow(10.0, decade));
        canvas.fill({x, top - gap, 1, bottom - top + gap}, grid);
        canvas.write(x, bottom + gap / 2, fmt::format("{:g}", std::pow(10.0, decade)), ink);
    }
    for (size_t i = 0; i < names.size(); ++i)
    {
        const int y = top + int(i) * bars_height;
        canvas.write(margin, y + 1, names[i], ink);
        for (size_t k = 0; k < series.size(); ++k)
        {
            const DeviceReport& device = devices[series[k].device];
            for (const Row& row : device.rows)
            {
                if (row.name == names[i] && row.precision == series[k].precision && is_drawn(row, device))
                    draw_bar(canvas, {.x = left, .y = y + int(k) * bar_height}, scale, time_of(row, device),
                             series[k].colour);
            }
        }
    }
    cli::write_png(path, canvas.picture());
}

} // namespace vkseg::benchmark
