#pragma once

#include "vkseg/export.hpp"
#include "vkseg/status.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Instances, the objects of a picture one by one, and their masks as run lengths, in the format of COCO:
///
///     Result<RunLengths> mask = encode_mask(pixels, height, width);
///     const uint64_t pixels = mask_area(*mask);
///     const std::string text = to_coco_string(*mask);
///     Result<RunLengths> same = from_coco_string(text, height, width);
namespace vkseg {

/// A mask as lengths of runs of unset and set pixels in turn, column by column, each from top to bottom. The first run
/// is of unset pixels; it is the only one that may be 0. The lengths add up to height · width. All functions below
/// that return RunLengths keep these rules.
struct RunLengths
{
    int64_t height = 0;
    int64_t width = 0;
    std::vector<uint32_t> counts; ///< empty: there is no mask

    friend bool operator==(const RunLengths&, const RunLengths&) = default;
};

/// An object that a network found in a picture.
struct Instance
{
    int64_t label = 0;             ///< number of the class
    float score = 0;               ///< confidence, 0 … 1
    std::array<float, 4> box = {}; ///< x1, y1, x2, y2 in pixels of the picture
    RunLengths mask;               ///< has the picture's size; no counts if the network finds boxes only
};

/// The largest mask, height · width.
constexpr int64_t max_mask_pixels = INT32_MAX;

/// Encodes a mask of one byte per pixel, row by row; values other than 0 are set. Fails with invalid_argument if the
/// number of pixels is not height · width, or that is 0 or above max_mask_pixels.
VKSEG_API Result<RunLengths> encode_mask(std::span<const uint8_t> pixels, int64_t height, int64_t width);

/// Encodes a mask of one bit per pixel, as PasteMasks (operators.hpp) gives it: ⌈width / 32⌉ words for each row, with
/// pixel x in bit x % 32 of word x / 32. Bits past the width are ignored. Fails like encode_mask().
VKSEG_API Result<RunLengths> encode_mask_bits(std::span<const uint32_t> words, int64_t height, int64_t width);

/// Decodes to one byte per pixel, 0 or 1, row by row. Fails with invalid_argument if the lengths do not add up to
/// height · width.
VKSEG_API Result<std::vector<uint8_t>> decode_mask(const RunLengths& mask);

VKSEG_API uint64_t mask_area(const RunLengths& mask); ///< Number of set pixels.

/// A rectangle of whole pixels.
struct PixelBox
{
    int64_t x = 0;
    int64_t y = 0;
    int64_t width = 0;
    int64_t height = 0;
    friend bool operator==(const PixelBox&, const PixelBox&) = default;
};

/// The smallest rectangle that holds all set pixels; zeros if there are none.
VKSEG_API PixelBox mask_bounds(const RunLengths& mask);

/// Number of pixels that are set in both masks, which must have the same size (asserted).
VKSEG_API uint64_t mask_intersection(const RunLengths& a, const RunLengths& b);

/// Intersection over union of two masks of the same size (asserted); 0 if they do not meet. If the truth is a crowd,
/// a region of several objects, the area of the detection takes the place of the union.
VKSEG_API double mask_iou(const RunLengths& detection, const RunLengths& truth, bool is_crowd = false);

/// Pixels that are set in any of the masks, of which there is at least one. All must have the same size (asserted).
VKSEG_API RunLengths mask_union(std::span<const RunLengths> masks);

/// Takes lengths from a file. Runs of 0 are removed, their neighbours joined. Fails with invalid_argument if the
/// lengths do not add up to height · width, or that is 0 or above max_mask_pixels.
VKSEG_API Result<RunLengths> from_coco_counts(std::span<const uint32_t> counts, int64_t height, int64_t width);

/// The compressed text of pycocotools. From the fourth on, a length is written as its difference to the length two
/// before it. A number is cut into groups of 5 bits, the lowest first, until the rest equals the sign (bit 4 of the
/// last group); each group is a character from '0' on, with 32 added if more follow.
VKSEG_API std::string to_coco_string(const RunLengths& mask);

/// Reads the compressed text. Fails with invalid_argument on other characters, a number that is cut short or is no
/// length, and for the reasons of from_coco_counts().
VKSEG_API Result<RunLengths> from_coco_string(std::string_view text, int64_t height, int64_t width);

/// Corners of a polygon in pixels: x and y in turn. The centre of the first pixel is at (0.5, 0.5).
using Polygon = std::vector<double>;

/// Pixels inside any of the polygons, exactly as pycocotools finds them: edges are sampled at a fifth of a pixel, and
/// each polygon is filled by the even-odd rule. Parts outside the picture are left out. Fails with invalid_argument if
/// there is no polygon, a polygon has an odd number of coordinates or fewer than 6, a coordinate is not within
/// ±100,000,000, the polygons cross more than 2^24 columns, or the size is one that encode_mask() refuses.
VKSEG_API Result<RunLengths> from_polygons(std::span<const Polygon> polygons, int64_t height, int64_t width);

} // namespace vkseg
