#include "canvas.hpp"

#include <algorithm>
#include <array>
#include <stb/stb_easy_font.h>

namespace vkseg::cli {
namespace {

constexpr int text_scale = 2;

/// Vertex layout of stb_easy_font_print: four corners make a rectangle, clockwise from the top left.
struct Corner
{
    float x = 0;
    float y = 0;
    float z = 0;
    std::array<uint8_t, 4> colour = {};
};

/// Replaces all but printable ASCII: the font has no other letters, and does not check for them.
void keep_printable(std::string& text)
{
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < 32 || c > 126; }, '?');
}

} // namespace

Canvas::Canvas(int width, int height)
{
    picture_ = {.width = width,
                .height = height,
                .channels = 3,
                .pixels = std::vector<uint8_t>(size_t(width) * size_t(height) * 3, uint8_t(255))};
}

void Canvas::fill(const Rectangle& area, Colour colour)
{
    const int right = std::min(area.x + area.width, picture_.width);
    const int bottom = std::min(area.y + area.height, picture_.height);
    for (int y = std::max(area.y, 0); y < bottom; ++y)
    {
        for (int x = std::max(area.x, 0); x < right; ++x)
        {
            uint8_t* const pixel = picture_.pixels.data() + (size_t(y) * size_t(picture_.width) + size_t(x)) * 3;
            pixel[0] = colour.red;
            pixel[1] = colour.green;
            pixel[2] = colour.blue;
        }
    }
}

void Canvas::place(int x, int y, const Picture& picture)
{
    const uint8_t* pixel = picture.pixels.data();
    for (int row = 0; row < picture.height; ++row)
    {
        for (int column = 0; column < picture.width; ++column, pixel += 3)
            fill({.x = x + column, .y = y + row, .width = 1, .height = 1}, {pixel[0], pixel[1], pixel[2]});
    }
}

void Canvas::write(int x, int y, std::string text, Colour colour)
{
    keep_printable(text);
    constexpr size_t corners_per_letter = 4 * 16; // more than any letter of the font has
    std::vector<Corner> corners((text.size() + 1) * corners_per_letter);
    const int rectangles =
        stb_easy_font_print(0, 0, text.data(), nullptr, corners.data(), int(corners.size() * sizeof(Corner)));
    for (size_t i = 0; i < size_t(rectangles); ++i)
    {
        const Corner& first = corners[i * 4];
        const Corner& last = corners[i * 4 + 2];
        fill({.x = x + int(first.x) * text_scale,
              .y = y + int(first.y) * text_scale,
              .width = int(last.x - first.x) * text_scale,
              .height = int(last.y - first.y) * text_scale},
             colour);
    }
}

int Canvas::width_of(std::string text)
{
    keep_printable(text);
    return stb_easy_font_width(text.data()) * text_scale;
}

} // namespace vkseg::cli
