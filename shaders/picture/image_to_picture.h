#ifndef VKSEG_IMAGE_TO_PICTURE_H
#define VKSEG_IMAGE_TO_PICTURE_H

#include "shared/contract.h"

VKSEG_CONTRACT_BEGIN

// Pixel (x, y) of the picture is pixel (x0 + x · x_by_x + y · x_by_y, y0 + x · y_by_x + y · y_by_y) of the source.
struct ImageToPicture
{
    int width; // of the picture
    int height;
    int x0, x_by_x, x_by_y;
    int y0, y_by_x, y_by_y;
    float texel_width; // of a source that is an image: 1 / width
    float texel_height;
    int encodes_srgb; // samples are linear, and the picture is sRGB
    int is_grey;      // the first channel is taken for all three
    int first;        // of a source that is a buffer: its first pixel
    int stride;       // pixels between rows
    int is_bgra;
};

VKSEG_CONTRACT_END

#endif
