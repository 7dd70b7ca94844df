#include "canvas.hpp"
#include "confusion_report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vkseg::cli {
namespace {

constexpr int margin = 20;
constexpr int gap = 6;
constexpr int wide_cell = 48; // fits "100"
constexpr int narrow_cell = Canvas::line_height;
constexpr size_t max_wide_cells = 32; // per side
constexpr size_t narrow_step = 5;     // columns from one numbered column to the next

constexpr Colour ink = {32, 32, 32};
constexpr Colour paper = {255, 255, 255};
constexpr Colour grid = {220, 220, 220};
constexpr Colour full = {31, 81, 140};

uint8_t mixed(uint8_t from, uint8_t to, double share)
{
    return uint8_t(from + (int(to) - int(from)) * share + 0.5);
}

Colour shade(double share)
{
    return {mixed(paper.red, full.red, share), mixed(paper.green, full.green, share),
            mixed(paper.blue, full.blue, share)};
}

void write_centred(Canvas& canvas, const Rectangle& area, const std::string& text, Colour colour)
{
    canvas.write(area.x + (area.width - Canvas::width_of(text)) / 2,
                 area.y + (area.height - Canvas::line_height) / 2 + 3, text, colour);
}

void draw_row(Canvas& canvas, const ConfusionMatrix& matrix, size_t truth, Rectangle cell)
{
    const uint64_t whole = matrix.of_class(truth).truth_pixels;
    const bool has_numbers = cell.width >= wide_cell;
    for (size_t label = 0; label < matrix.classes(); ++label)
    {
        const double share = whole > 0 ? double(matrix.count(truth, label)) / double(whole) : 0;
        canvas.fill(cell, grid);
        canvas.fill({cell.x, cell.y, cell.width - 1, cell.height - 1}, shade(share));
        if (has_numbers && share >= 0.005)
            write_centred(canvas, cell, fmt::format("{:.0f}", share * 100), share > 0.5 ? paper : ink);
        cell.x += cell.width;
    }
}

} // namespace

void write_confusion_picture(const std::filesystem::path& path, const ConfusionMatrix& matrix,
                             const std::vector<std::string>& names)
{
    const std::string title = "rows: true class; columns: predicted class; % of the row";
    const bool is_wide = matrix.classes() <= max_wide_cells;
    const int cell = is_wide ? wide_cell : narrow_cell;
    const size_t step = is_wide ? 1 : narrow_step;
    std::vector<std::string> row_names;
    int names_width = 0;
    for (size_t i = 0; i < matrix.classes(); ++i)
    {
        row_names.push_back(fmt::format("{} {}", i, names[i]));
        names_width = std::max(names_width, Canvas::width_of(row_names.back()));
    }
    const int side = int(matrix.classes()) * cell;
    const int left = margin + names_width + gap;
    const int top = margin + 2 * Canvas::line_height + gap;
    Canvas canvas(std::max(left + side, margin + Canvas::width_of(title)) + margin, top + side + margin);
    canvas.write(margin, margin, title, ink);
    for (size_t i = 0; i < matrix.classes(); ++i)
    {
        const int offset = int(i) * cell;
        if (i % step == 0)
            write_centred(canvas, {left + offset, margin + Canvas::line_height, cell, Canvas::line_height},
                          fmt::to_string(i), ink);
        const int text_y = top + offset + (cell - Canvas::line_height) / 2 + 3;
        canvas.write(left - gap - Canvas::width_of(row_names[i]), text_y, row_names[i], ink);
        draw_row(canvas, matrix, i, {left, top + offset, cell, cell});
    }
    write_png(path, canvas.picture());
}

} // namespace vkseg::cli
