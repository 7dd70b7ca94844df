#pragma once

#include "pictures.hpp"

#include <string>

namespace vkseg::cli {

struct Rectangle
{
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

/// A white picture to draw on. Drawing is clipped to the picture.
class Canvas
{
public:
    static constexpr int line_height = 24; ///< text height

    Canvas(int width, int height);

    void fill(const Rectangle& area, Colour colour);
    void place(int x, int y, const Picture& picture);          ///< RGB, with its top left corner at x, y.
    void write(int x, int y, std::string text, Colour colour); ///< One line from its top left; ? if not ASCII.
    static int width_of(std::string text);

    const Picture& picture() const { return picture_; }

private:
    Picture picture_;
};

} // namespace vkseg::cli
