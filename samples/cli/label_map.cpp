#include "label_map.hpp"

#include "common.hpp"

#include <algorithm>
#include <array>

// PNG specification, section 5.3 and 11.2.2: a signature; chunks of a length, a type, data and a checksum; the first is
// IHDR with width, height, bits and type of colour.
namespace vkseg::cli {
namespace {

constexpr size_t signature_bytes = 8;
constexpr size_t chunk_frame_bytes = 12;
constexpr size_t bits_at = 24;
constexpr size_t colour_type_at = 25;
constexpr size_t header_end = 33;

enum ColourType : uint8_t
{
    grey = 0,
    indexed = 3
};

uint32_t word_at(const std::vector<std::byte>& bytes, size_t at)
{
    uint32_t word = 0;
    for (size_t i = 0; i < 4; ++i)
        word = word << 8 | uint32_t(bytes[at + i]);
    return word;
}

bool is_png(const std::vector<std::byte>& file)
{
    constexpr std::array<uint8_t, signature_bytes> signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    return file.size() >= header_end && std::equal(signature.begin(), signature.end(), file.begin(),
                                                   [](uint8_t a, std::byte b) { return a == uint8_t(b); });
}

/// The same file with its indices as greys: that is how decoders that look colours up are made to show them. Checksums
/// are left as they are; ours does not look at them.
std::vector<std::byte> without_palette(const std::vector<std::byte>& file)
{
    std::vector<std::byte> result(file.begin(), file.begin() + header_end);
    result[colour_type_at] = std::byte(grey);
    for (size_t at = header_end; file.size() - at >= chunk_frame_bytes;)
    {
        const size_t size =
            std::min<size_t>(word_at(file, at), file.size() - at - chunk_frame_bytes) + chunk_frame_bytes;
        const char* const type = reinterpret_cast<const char*>(file.data() + at + 4);
        if (!std::equal(type, type + 4, "PLTE") && !std::equal(type, type + 4, "tRNS"))
            result.insert(result.end(), file.begin() + ptrdiff_t(at), file.begin() + ptrdiff_t(at + size));
        at += size;
    }
    return result;
}

} // namespace

Picture read_label_map(const std::filesystem::path& path)
{
    std::vector<std::byte> file = read_file(path);
    const auto fail = [&](const std::string& message)
    { return Failure(bad_input, fmt::format("{}: {}", path.string(), message)); };
    if (!is_png(file))
        throw fail("expected labels as a PNG");
    const int bits = int(file[bits_at]);
    if (bits > 8)
        throw fail(fmt::format("expected labels of at most 8 bits, got {}", bits));
    if (uint8_t(file[colour_type_at]) == indexed)
        file = without_palette(file);
    Picture labels = decode_picture(file, path.string());
    if (labels.channels != 1)
        throw fail(fmt::format("expected labels as grey or indexed pixels, got {} channels", labels.channels));
    // The decoder stretches greys of few bits to 255.
    const int step = 255 / ((1 << bits) - 1);
    for (uint8_t& label : labels.pixels)
        label = uint8_t(label / step);
    return labels;
}

void write_label_map(const std::filesystem::path& path, const Segmentation& segmentation)
{
    write_png(
        path,
        {.width = segmentation.width, .height = segmentation.height, .channels = 1, .pixels = segmentation.labels});
}

} // namespace vkseg::cli
