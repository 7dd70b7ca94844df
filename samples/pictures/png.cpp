#include "exif.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <png.h>

// libpng leaves a failing function by longjmp: functions that it may leave own nothing that needs a destructor.
namespace vkseg::pictures {
namespace {

enum class Samples
{
    colours,
    labels, ///< Grey values as stored, or palette indices.
};

class PngReader
{
public:
    explicit PngReader(Bytes file) : file_(file)
    {
        png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, fail, [](png_structp, png_const_charp) {});
        info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    }
    ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
    PngReader(const PngReader&) = delete;
    PngReader& operator=(const PngReader&) = delete;

    Result<Picture> read(Samples samples, int64_t max_pixels)
    {
        if (info_ == nullptr)
            return Status(StatusCode::out_of_memory, "out of memory");
        if (!read_header())
            return failure();
        if (Status status = check_size(png_get_image_width(png_, info_), png_get_image_height(png_, info_), max_pixels);
            !status.is_ok())
            return status;
        if (samples == Samples::labels)
        {
            if (Status status = check_labels(); !status.is_ok())
                return status;
        }
        if (!choose_samples(samples))
            return failure();
        Picture picture = make_picture(int(png_get_image_width(png_, info_)), int(png_get_image_height(png_, info_)),
                                       png_get_channels(png_, info_));
        std::vector<png_bytep> rows(size_t(picture.height));
        for (size_t y = 0; y < rows.size(); ++y)
            rows[y] = picture.pixels.data() + y * size_t(picture.width) * size_t(picture.channels);
        if (!read_rows(rows.data()))
            return failure();
        if (samples == Samples::colours && is_indexed())
        {
            Result<Picture> colours = look_up(picture);
            if (!colours.is_ok())
                return colours;
            picture = *std::move(colours);
        }
        if (is_rounded_)
            picture.notes.emplace_back(rounded_note);
        if (find_chunk("acTL") != nullptr)
            picture.notes.emplace_back(animation_note);
        const png_unknown_chunk* const exif = find_chunk("eXIf");
        if (exif == nullptr)
            return picture;
        const Bytes data(reinterpret_cast<const std::byte*>(exif->data), exif->size);
        return turn_upright(std::move(picture), exif_orientation(data));
    }

private:
    static void fail(png_structp png, png_const_charp message)
    {
        auto* const self = static_cast<PngReader*>(png_get_error_ptr(png));
        std::strncpy(self->message_, message, sizeof(self->message_) - 1);
        png_longjmp(png, 1);
    }

    static void read_bytes(png_structp png, png_bytep to, size_t count)
    {
        auto* const self = static_cast<PngReader*>(png_get_io_ptr(png));
        if (count > self->file_.size() - self->at_)
        {
            self->is_short_ = true;
            png_error(png, "");
        }
        std::memcpy(to, self->file_.data() + self->at_, count);
        self->at_ += count;
    }

    /// Skips all chunks except those that pixels and orientation depend on; damage to any chunk is an error.
    void choose_chunks()
    {
        png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
        png_set_benign_errors(png_, 0);
        png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
        constexpr char kept[] = "eXIf\0acTL"; // each name with its terminating 0
        png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_ALWAYS, reinterpret_cast<png_const_bytep>(kept), 2);
        // Some encoders declare a smaller window than they used.
        png_set_option(png_, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
    }

    bool read_header()
    {
        if (setjmp(png_jmpbuf(png_)) != 0)
            return false;
        choose_chunks();
        png_set_read_fn(png_, this, read_bytes);
        png_read_info(png_, info_);
        return true;
    }

    Status check_labels() const
    {
        const int type = png_get_color_type(png_, info_);
        if (png_get_bit_depth(png_, info_) > 8)
            return refused("expected labels of at most 8 bits, got 16");
        if (type != PNG_COLOR_TYPE_GRAY && type != PNG_COLOR_TYPE_PALETTE)
            return refused(fmt::format("expected labels as grey or indexed pixels, got {} channels",
                                       int(png_get_channels(png_, info_))));
        return {};
    }

    bool choose_samples(Samples samples)
    {
        if (setjmp(png_jmpbuf(png_)) != 0)
            return false;
        // No check by libpng: labels such as 255, for ignored pixels, often have no colour. look_up() checks the
        // indices of all other pictures.
        png_set_check_for_invalid_index(png_, -1);
        if (samples == Samples::labels || is_indexed())
            png_set_packing(png_);
        else
            expand_to_colours();
        png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        return true;
    }

    void expand_to_colours()
    {
        const bool has_alpha = (png_get_color_type(png_, info_) & PNG_COLOR_MASK_ALPHA) != 0;
        is_rounded_ = png_get_bit_depth(png_, info_) == 16;
        png_set_expand(png_); // fewer than 8 bits to 8, a transparent colour to alpha
        png_set_scale_16(png_);
        if (has_alpha || png_get_valid(png_, info_, PNG_INFO_tRNS) != 0)
            png_set_gray_to_rgb(png_);
    }

    bool read_rows(png_bytepp rows)
    {
        if (setjmp(png_jmpbuf(png_)) != 0)
            return false;
        png_read_image(png_, rows);
        png_read_end(png_, info_);
        return true;
    }

    bool is_indexed() const { return png_get_color_type(png_, info_) == PNG_COLOR_TYPE_PALETTE; }

    /// Converts indices to colours. libpng's own conversion makes indices outside the palette black.
    Result<Picture> look_up(const Picture& indices) const
    {
        png_colorp colours = nullptr;
        png_bytep alphas = nullptr;
        int colour_count = 0;
        int alpha_count = 0;
        png_get_PLTE(png_, info_, &colours, &colour_count);
        png_get_tRNS(png_, info_, &alphas, &alpha_count, nullptr);
        Picture picture = make_picture(indices.width, indices.height, alpha_count > 0 ? 4 : 3);
        uint8_t* to = picture.pixels.data();
        for (const uint8_t index : indices.pixels)
        {
            if (index >= colour_count)
                return damaged(fmt::format("a pixel has colour {} of a palette of {}", index, colour_count));
            *to++ = colours[index].red;
            *to++ = colours[index].green;
            *to++ = colours[index].blue;
            if (alpha_count > 0)
                *to++ = index < alpha_count ? alphas[index] : uint8_t(255);
        }
        return picture;
    }

    /// First chunk of this name among those that choose_chunks() keeps undecoded. libpng's own reader of eXIf refuses a
    /// second such chunk, although libpng 1.6.39 itself writes one.
    const png_unknown_chunk* find_chunk(const char* name)
    {
        png_unknown_chunkp chunks = nullptr;
        const int count = png_get_unknown_chunks(png_, info_, &chunks);
        for (int i = 0; i < count; ++i)
        {
            if (std::memcmp(chunks[i].name, name, 4) == 0)
                return &chunks[i];
        }
        return nullptr;
    }

    Status failure() const { return is_short_ ? cut_short(file_) : damaged(message_); }

    Bytes file_;
    size_t at_ = 0;
    png_structp png_ = nullptr;
    png_infop info_ = nullptr;
    bool is_short_ = false;
    bool is_rounded_ = false;
    char message_[128] = {};
};

} // namespace

Result<Picture> decode_png(Bytes file, int64_t max_pixels)
{
    return PngReader(file).read(Samples::colours, max_pixels);
}

Result<Picture> decode_png_labels(Bytes file, int64_t max_pixels)
{
    return PngReader(file).read(Samples::labels, max_pixels);
}

} // namespace vkseg::pictures
