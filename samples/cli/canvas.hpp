#pragma once

#include "cli/pictures.hpp"

#include <string>

namespace vkseg::benchmark {

struct Rectangle
{
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

/// A white picture to draw on. What lies outside of it is left out.
class Canvas
{
public:
    static constexpr int line_height = 24; ///< of text

    Canvas(int width, int height);

    void fill(const Rectangle& area, Colour colour);
    void write(int x, int y, std::string text, Colour colour); ///< From its top left; printable ASCII, one line.
    static int width_of(std::string text);

    const cli::Picture& picture() const { return picture_; }

private:
    cli::Picture picture_;
};

} // namespace vkseg::benchmark
