#include "formats.hpp"

#include <fmt/format.h>

// Netpbm's PGM and PPM in their binary forms P5 and P6: "P6 WIDTH HEIGHT MAXIMUM" with comments between, one white
// space, and the samples, of two bytes if the maximum is above 255.
namespace vkseg::pictures {
namespace {

class Header
{
public:
    explicit Header(Bytes file) : file_(file) {}

    /// The next number, of at most 9 digits; −1 if there is none.
    int64_t number()
    {
        skip_space();
        constexpr size_t max_digits = 9;
        int64_t value = 0;
        size_t digits = 0;
        for (; at_ < file_.size() && digits < max_digits && is_digit(byte_at(file_, at_)); ++at_, ++digits)
            value = value * 10 + (byte_at(file_, at_) - '0');
        return digits == 0 ? -1 : value;
    }

    bool has_ended() const { return at_ >= file_.size(); }
    bool ends_in_space() const { return !has_ended() && is_space(byte_at(file_, at_)); }
    size_t samples_at() const { return at_ + 1; }

private:
    static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
    static bool is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

    void skip_space()
    {
        bool is_comment = false;
        for (; at_ < file_.size(); ++at_)
        {
            const uint8_t c = byte_at(file_, at_);
            if (c == '#')
                is_comment = true;
            else if (c == '\n' || c == '\r')
                is_comment = false;
            else if (!is_comment && !is_space(c))
                return;
        }
    }

    Bytes file_;
    size_t at_ = 2;
};

} // namespace

Result<Picture> decode_pnm(Bytes file, int64_t max_pixels)
{
    Header header(file);
    const int64_t width = header.number();
    const int64_t height = header.number();
    const int64_t maximum = header.number();
    if (header.has_ended())
        return cut_short(file);
    if (width < 0 || height < 0 || maximum < 1 || maximum > 65535 || !header.ends_in_space())
        return damaged("expected width, height and a maximum of 1 to 65535");
    if (Status status = check_size(width, height, max_pixels); !status.is_ok())
        return status;
    const int channels = byte_at(file, 1) == '5' ? 1 : 3;
    const size_t sample_bytes = maximum > 255 ? 2 : 1;
    const uint64_t needed = header.samples_at() + uint64_t(width) * uint64_t(height) * size_t(channels) * sample_bytes;
    if (needed > file.size())
        return cut_short(file, needed);
    Picture picture = make_picture(int(width), int(height), channels);
    const Bytes samples = file.subspan(header.samples_at());
    for (size_t i = 0; i < picture.pixels.size(); ++i)
    {
        const uint32_t sample = sample_bytes == 2 ? big_16(samples, 2 * i) : byte_at(samples, i);
        if (sample > maximum)
            return damaged(fmt::format("a sample is {}, above the maximum {}", sample, maximum));
        picture.pixels[i] = scaled_to_byte(sample, uint32_t(maximum));
    }
    if (maximum > 255)
        picture.notes.emplace_back(rounded_note);
    return picture;
}

} // namespace vkseg::pictures
