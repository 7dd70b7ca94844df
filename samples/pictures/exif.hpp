#pragma once

#include "formats.hpp"

/// The one field of EXIF data that changes what a picture shows: its orientation.
namespace vkseg::pictures {

/// The orientation, 1 to 8, that EXIF data gives: a TIFF header and its first directory, with or without "Exif\0\0"
/// before them. Malformed data and absent orientations give 1, which is upright.
int exif_orientation(Bytes exif);

/// Turns and mirrors a picture of this orientation upright.
Picture turn_upright(Picture picture, int orientation);

} // namespace vkseg::pictures
