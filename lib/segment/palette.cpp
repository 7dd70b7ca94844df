#include "vkseg/segment.hpp"

namespace vkseg {

// The three lowest bits of the label become the highest bits of red, green and blue, the next three the bits below
// those (VOC development kit, VOClabelcolormap).
Colour default_colour(size_t class_index)
{
    unsigned red = 0;
    unsigned green = 0;
    unsigned blue = 0;
    for (unsigned bit = 0; bit < 8; ++bit)
    {
        const unsigned triple = unsigned(class_index >> (3 * bit));
        red |= (triple & 1u) << (7 - bit);
        green |= (triple >> 1 & 1u) << (7 - bit);
        blue |= (triple >> 2 & 1u) << (7 - bit);
    }
    return {uint8_t(red), uint8_t(green), uint8_t(blue)};
}

} // namespace vkseg
