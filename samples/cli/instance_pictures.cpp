#include "instance_pictures.hpp"

#include "canvas.hpp"
#include "common.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace vkseg::cli {
namespace {

constexpr int tint_share = 90; // of 255
constexpr int label_margin = 4;
constexpr Colour black = {};
constexpr Colour white = {.red = 255, .green = 255, .blue = 255};

Picture as_rgb(const Picture& picture)
{
    Picture rgb = {.width = picture.width, .height = picture.height, .channels = 3, .pixels = {}};
    const auto channels = size_t(picture.channels);
    for (size_t i = 0; i < picture.pixels.size(); i += channels)
    {
        for (size_t c = 0; c < 3; ++c)
            rgb.pixels.push_back(picture.pixels[i + (channels >= 3 ? c : 0)]);
    }
    return rgb;
}

/// Tints the pixels of a mask, and paints those at its edge.
void paint_mask(Picture& rgb, const std::vector<uint8_t>& mask, Colour colour)
{
    const auto width = size_t(rgb.width);
    const auto height = size_t(rgb.height);
    const uint8_t values[] = {colour.red, colour.green, colour.blue};
    for (size_t y = 0; y < height; ++y)
    {
        for (size_t x = 0; x < width; ++x)
        {
            const size_t i = y * width + x;
            if (mask[i] == 0)
                continue;
            const bool is_edge = (x > 0 && mask[i - 1] == 0) || (x + 1 < width && mask[i + 1] == 0) ||
                                 (y > 0 && mask[i - width] == 0) || (y + 1 < height && mask[i + width] == 0);
            for (size_t c = 0; c < 3; ++c)
            {
                uint8_t& pixel = rgb.pixels[3 * i + c];
                pixel = is_edge ? values[c] : uint8_t((pixel * (255 - tint_share) + values[c] * tint_share) / 255);
            }
        }
    }
}

/// Black or white, whichever is easier to read on the colour.
Colour text_colour(Colour background)
{
    const int brightness = 299 * background.red + 587 * background.green + 114 * background.blue;
    return brightness > 128 * 1000 ? black : white;
}

void draw_box(Canvas& canvas, const Instance& instance, const std::string& text, Colour colour)
{
    const int left = int(std::floor(instance.box[0]));
    const int top = int(std::floor(instance.box[1]));
    const int width = std::max(int(std::ceil(instance.box[2])) - left, 1);
    const int height = std::max(int(std::ceil(instance.box[3])) - top, 1);
    canvas.fill({.x = left, .y = top, .width = width, .height = 1}, colour);
    canvas.fill({.x = left, .y = top + height - 1, .width = width, .height = 1}, colour);
    canvas.fill({.x = left, .y = top, .width = 1, .height = height}, colour);
    canvas.fill({.x = left + width - 1, .y = top, .width = 1, .height = height}, colour);
    const int text_width = Canvas::width_of(text) + label_margin;
    const int text_x = std::clamp(left, 0, std::max(canvas.picture().width - text_width, 0));
    const int text_y = std::max(top - Canvas::line_height + label_margin, 0);
    canvas.fill({.x = text_x, .y = text_y, .width = text_width, .height = Canvas::line_height - label_margin}, colour);
    canvas.write(text_x + label_margin / 2, text_y + label_margin / 2, text, text_colour(colour));
}

/// Classes of the instances with their numbers, as entries of equal height from left to right.
struct Legend
{
    struct Entry
    {
        int x = 0;
        int y = 0;
        std::string text;
        Colour colour;
    };
    std::vector<Entry> entries;
    int height = 0;
};

Legend make_legend(const Detections& detections, const Segmenter& segmenter)
{
    std::map<int64_t, int> counts;
    for (const Instance& instance : detections.instances)
        ++counts[instance.label];
    Legend legend;
    int x = label_margin;
    int y = label_margin;
    for (const auto& [label, count] : counts)
    {
        const std::string text = fmt::format("{} {}", count, shown(segmenter.class_name(size_t(label))));
        const int width = Canvas::line_height + Canvas::width_of(text) + 2 * label_margin;
        if (x > label_margin && x + width > detections.width)
        {
            x = label_margin;
            y += Canvas::line_height;
        }
        legend.entries.push_back({.x = x, .y = y, .text = text, .colour = segmenter.colour(size_t(label))});
        x += width;
    }
    legend.height = legend.entries.empty() ? 0 : y + Canvas::line_height;
    return legend;
}

} // namespace

Picture make_instance_overlay(const Picture& picture, const Detections& detections, const Segmenter& segmenter)
{
    Picture rgb = as_rgb(picture);
    const std::vector<Instance>& instances = detections.instances;
    for (auto instance = instances.rbegin(); instance != instances.rend(); ++instance) // the best last, on top
    {
        if (instance->mask.counts.empty())
            continue;
        paint_mask(rgb, take(decode_mask(instance->mask)), segmenter.colour(size_t(instance->label)));
    }
    const Legend legend = make_legend(detections, segmenter);
    Canvas canvas(picture.width, picture.height + legend.height);
    canvas.place(0, 0, rgb);
    for (auto instance = instances.rbegin(); instance != instances.rend(); ++instance)
        draw_box(canvas, *instance,
                 fmt::format("{} {:.2f}", shown(segmenter.class_name(size_t(instance->label))), instance->score),
                 segmenter.colour(size_t(instance->label)));
    canvas.fill({.x = 0, .y = picture.height, .width = picture.width, .height = legend.height}, white);
    for (const Legend::Entry& entry : legend.entries)
    {
        canvas.fill({.x = entry.x,
                     .y = picture.height + entry.y,
                     .width = Canvas::line_height - 2 * label_margin,
                     .height = Canvas::line_height - 2 * label_margin},
                    entry.colour);
        canvas.write(entry.x + Canvas::line_height - label_margin, picture.height + entry.y, entry.text, black);
    }
    return canvas.picture();
}

Picture make_id_map(const Detections& detections)
{
    return {.width = detections.width, .height = detections.height, .channels = 1, .pixels = detections.ids};
}

std::vector<Colour> instance_palette()
{
    std::vector<Colour> palette;
    for (size_t id = 0; id < 256; ++id)
        palette.push_back(default_colour(id));
    return palette;
}

} // namespace vkseg::cli
