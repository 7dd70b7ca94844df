#pragma once

#include "formats.hpp"

/// The only field of EXIF data that changes how a picture is shown: its orientation.
namespace vkseg::pictures {

/// Orientation, 1 to 8, from EXIF data: a TIFF header and its first directory, with or without a leading "Exif\0\0".
/// Returns 1, which is upright, if the data are malformed or have no orientation.
int exif_orientation(Bytes exif);

/// Rotates and mirrors a picture of this orientation so that it is upright.
Picture turn_upright(Picture picture, int orientation);

} // namespace vkseg::pictures
