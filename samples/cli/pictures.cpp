#include "pictures.hpp"

#include "common.hpp"

#include <array>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <memory>

#define STBI_NO_STDIO
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>

// stb_image_write.h declares these two only where it defines them.
extern "C" {
unsigned char* stbi_zlib_compress(unsigned char* data, int data_len, int* out_len, int quality);
unsigned char* stbi_write_png_to_mem(const unsigned char* pixels, int stride_bytes, int x, int y, int n, int* out_len);
}

namespace vkseg::cli {
namespace {

constexpr int64_t max_pixels = int64_t(1) << 28;

struct FreeMemory
{
    void operator()(void* memory) const { std::free(memory); }
};
using Bytes = std::unique_ptr<unsigned char, FreeMemory>;

std::span<const std::byte> as_bytes(const unsigned char* first, int count)
{
    return {reinterpret_cast<const std::byte*>(first), size_t(count)};
}

void append_word(std::vector<std::byte>& to, uint32_t word)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        to.push_back(std::byte(word >> shift & 255u));
}

uint32_t checksum(std::span<const std::byte> bytes)
{
    uint32_t remainder = ~0u;
    for (const std::byte byte : bytes)
    {
        remainder ^= uint32_t(byte);
        for (int bit = 0; bit < 8; ++bit)
            remainder = remainder >> 1 ^ (remainder & 1u ? 0xedb88320u : 0u);
    }
    return ~remainder;
}

void append_chunk(std::vector<std::byte>& to, const char* type, std::span<const std::byte> data)
{
    append_word(to, uint32_t(data.size()));
    const size_t begin = to.size();
    const auto* const letters = reinterpret_cast<const std::byte*>(type);
    to.insert(to.end(), letters, letters + 4);
    to.insert(to.end(), data.begin(), data.end());
    append_word(to, checksum(std::span(to).subspan(begin)));
}

std::array<uint8_t, 3> colour_at(const Picture& picture, size_t pixel)
{
    const uint8_t* const at = picture.pixels.data() + pixel * size_t(picture.channels);
    if (picture.channels == 1)
        return {at[0], at[0], at[0]};
    return {at[0], at[1], at[2]};
}

uint8_t mixed(int from, int to, int share) // share of 255
{
    return uint8_t((from * (255 - share) + to * share + 127) / 255);
}

} // namespace

Picture decode_picture(std::span<const std::byte> file, const std::string& who)
{
    const auto* const bytes = reinterpret_cast<const unsigned char*>(file.data());
    const auto fail = [&](const std::string& message)
    { return Failure(bad_input, fmt::format("{}: {}", who, message)); };
    if (file.size() > INT_MAX)
        throw fail("is too large for a picture");
    Picture picture;
    if (stbi_info_from_memory(bytes, int(file.size()), &picture.width, &picture.height, &picture.channels) == 0)
        throw fail(fmt::format("is no picture that can be read ({})", stbi_failure_reason()));
    if (int64_t(picture.width) * picture.height > max_pixels)
        throw fail(fmt::format("{}x{} pixels are too many", picture.width, picture.height));
    if (picture.channels == 2) // grey with alpha
        picture.channels = 4;
    int file_channels = 0;
    const Bytes pixels(stbi_load_from_memory(bytes, int(file.size()), &picture.width, &picture.height, &file_channels,
                                             picture.channels));
    if (!pixels)
        throw fail(fmt::format("is damaged ({})", stbi_failure_reason()));
    const size_t count = size_t(picture.width) * size_t(picture.height) * size_t(picture.channels);
    picture.pixels.assign(pixels.get(), pixels.get() + count);
    return picture;
}

Picture read_picture(const std::filesystem::path& path)
{
    return decode_picture(read_file(path), path.string());
}

void write_png(const std::filesystem::path& path, const Picture& picture)
{
    int size = 0;
    const Bytes file(
        stbi_write_png_to_mem(picture.pixels.data(), 0, picture.width, picture.height, picture.channels, &size));
    if (!file)
        throw Failure(no_usable_device, "out of memory");
    write_file(path, as_bytes(file.get(), size));
}

// PNG specification, section 11: signature, IHDR, PLTE, IDAT, IEND; each row begins with its filter, here none.
void write_indexed_png(const std::filesystem::path& path, const Picture& indices, const std::vector<Colour>& palette)
{
    constexpr std::array<uint8_t, 8> signature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    constexpr std::array<uint8_t, 5> indexed_8_bits = {8, 3, 0, 0, 0};
    const size_t width = size_t(indices.width);
    std::vector<unsigned char> rows((width + 1) * size_t(indices.height));
    for (size_t y = 0; y < size_t(indices.height); ++y)
        std::memcpy(rows.data() + y * (width + 1) + 1, indices.pixels.data() + y * width, width);
    int size = 0;
    const Bytes packed(stbi_zlib_compress(rows.data(), int(rows.size()), &size, 8));
    if (!packed)
        throw Failure(no_usable_device, "out of memory");

    std::vector<std::byte> header;
    append_word(header, uint32_t(indices.width));
    append_word(header, uint32_t(indices.height));
    for (const uint8_t value : indexed_8_bits)
        header.push_back(std::byte(value));
    std::vector<std::byte> colours;
    for (const Colour& colour : palette)
    {
        for (const uint8_t value : {colour.red, colour.green, colour.blue})
            colours.push_back(std::byte(value));
    }
    std::vector<std::byte> file;
    for (const uint8_t value : signature)
        file.push_back(std::byte(value));
    append_chunk(file, "IHDR", header);
    append_chunk(file, "PLTE", colours);
    append_chunk(file, "IDAT", as_bytes(packed.get(), size));
    append_chunk(file, "IEND", {});
    write_file(path, file);
}

Picture make_overlay(const Picture& picture, const Segmentation& segmentation, const std::vector<Colour>& palette)
{
    constexpr int share = 140;
    Picture result = {.width = picture.width, .height = picture.height, .channels = 3, .pixels = {}};
    result.pixels.reserve(segmentation.labels.size() * 3);
    for (size_t i = 0; i < segmentation.labels.size(); ++i)
    {
        const Colour colour = palette[segmentation.labels[i]];
        const int here = colour == Colour{} ? 0 : share;
        const auto [red, green, blue] = colour_at(picture, i);
        result.pixels.push_back(mixed(red, colour.red, here));
        result.pixels.push_back(mixed(green, colour.green, here));
        result.pixels.push_back(mixed(blue, colour.blue, here));
    }
    return result;
}

Picture make_soft_overlay(const Picture& picture, const Segmentation& segmentation, Colour colour)
{
    Picture result = {.width = picture.width, .height = picture.height, .channels = 3, .pixels = {}};
    result.pixels.reserve(segmentation.soft_mask.size() * 3);
    for (size_t i = 0; i < segmentation.soft_mask.size(); ++i)
    {
        const int share = segmentation.soft_mask[i] * 5 / 9;
        const auto [red, green, blue] = colour_at(picture, i);
        result.pixels.push_back(mixed(red, colour.red, share));
        result.pixels.push_back(mixed(green, colour.green, share));
        result.pixels.push_back(mixed(blue, colour.blue, share));
    }
    return result;
}

Picture make_cutout(const Picture& picture, const Segmentation& segmentation)
{
    Picture result = {.width = picture.width, .height = picture.height, .channels = 4, .pixels = {}};
    result.pixels.reserve(segmentation.soft_mask.size() * 4);
    for (size_t i = 0; i < segmentation.soft_mask.size(); ++i)
    {
        const std::array<uint8_t, 3> colour = colour_at(picture, i);
        result.pixels.insert(result.pixels.end(), colour.begin(), colour.end());
        result.pixels.push_back(segmentation.soft_mask[i]);
    }
    return result;
}

} // namespace vkseg::cli
