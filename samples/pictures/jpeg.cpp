#include "exif.hpp"

#include <csetjmp>
#include <cstdio>
#include <fmt/format.h>

#include <jerror.h>
#include <jpeglib.h>

// libjpeg leaves a failing function by longjmp: functions that it may leave own nothing that needs a destructor.
namespace vkseg::pictures {
namespace {

/// A progressive file may have any number of scans, and each scan visits all coefficients. Encoders write about ten.
constexpr int max_scans = 100;

class JpegReader
{
public:
    explicit JpegReader(Bytes file) : file_(file)
    {
        jpeg_.err = jpeg_std_error(&errors_);
        errors_.error_exit = fail;
        errors_.emit_message = judge_message;
        progress_.progress_monitor = count_scans;
        jpeg_.client_data = this;
    }
    ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
    JpegReader(const JpegReader&) = delete;
    JpegReader& operator=(const JpegReader&) = delete;

    Result<Picture> read(int64_t max_pixels)
    {
        if (!read_header())
            return failure();
        if (Status status = check_size(jpeg_.image_width, jpeg_.image_height, max_pixels); !status.is_ok())
            return status;
        if (jpeg_.num_components == 2 || jpeg_.num_components > 4)
            return refused(fmt::format("expected a JPEG of 1, 3 or 4 components, got {}", jpeg_.num_components));
        if (!start())
            return failure();
        Picture picture =
            make_picture(int(jpeg_.output_width), int(jpeg_.output_height), jpeg_.output_components == 1 ? 1 : 3);
        std::vector<uint8_t> inks(jpeg_.output_components == 4 ? size_t(picture.width) * 4 : 0);
        if (!read_rows(picture, inks))
            return failure();
        return turn_upright(std::move(picture), orientation_);
    }

private:
    static JpegReader& self_of(j_common_ptr jpeg) { return *static_cast<JpegReader*>(jpeg->client_data); }

    static void fail(j_common_ptr jpeg)
    {
        JpegReader& self = self_of(jpeg);
        (*jpeg->err->format_message)(jpeg, self.message_);
        self.is_short_ = jpeg->err->msg_code == JWRN_JPEG_EOF;
        std::longjmp(self.leave_, 1);
    }

    /// Fails on warnings, by which libjpeg reports data that it replaces by made-up pixels. Two warnings are harmless:
    /// an unknown version of JFIF, and stray bytes between the tables, before any pixel.
    static void judge_message(j_common_ptr jpeg, int level)
    {
        const int code = jpeg->err->msg_code;
        const bool is_harmless =
            code == JWRN_JFIF_MAJOR || (code == JWRN_EXTRANEOUS_DATA && !self_of(jpeg).has_header_);
        if (level < 0 && !is_harmless)
            fail(jpeg);
    }

    static void count_scans(j_common_ptr jpeg)
    {
        if (self_of(jpeg).jpeg_.input_scan_number <= max_scans)
            return;
        JpegReader& self = self_of(jpeg);
        std::snprintf(self.message_, sizeof(self.message_), "more than %d scans", max_scans);
        std::longjmp(self.leave_, 1);
    }

    bool read_header()
    {
        if (setjmp(leave_) != 0)
            return false;
        jpeg_create_decompress(&jpeg_);
        jpeg_.progress = &progress_;
        jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(file_.data()), file_.size());
        jpeg_save_markers(&jpeg_, JPEG_APP0 + 1, 0xffff);
        jpeg_read_header(&jpeg_, TRUE);
        has_header_ = true;
        for (jpeg_saved_marker_ptr marker = jpeg_.marker_list; marker != nullptr && orientation_ == 1;
             marker = marker->next)
            orientation_ = exif_orientation({reinterpret_cast<const std::byte*>(marker->data), marker->data_length});
        return true;
    }

    bool start()
    {
        if (setjmp(leave_) != 0)
            return false;
        if (jpeg_.num_components == 4)
            jpeg_.out_color_space = JCS_CMYK;
        else
            jpeg_.out_color_space = jpeg_.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
        jpeg_start_decompress(&jpeg_);
        return true;
    }

    bool read_rows(Picture& picture, std::vector<uint8_t>& inks)
    {
        if (setjmp(leave_) != 0)
            return false;
        const size_t row_bytes = size_t(picture.width) * size_t(picture.channels);
        while (jpeg_.output_scanline < jpeg_.output_height)
        {
            uint8_t* const pixels = picture.pixels.data() + jpeg_.output_scanline * row_bytes;
            JSAMPROW row = inks.empty() ? pixels : inks.data();
            jpeg_read_scanlines(&jpeg_, &row, 1);
            for (size_t i = 0; i < inks.size() / 4; ++i)
                mix_inks(inks.data() + i * 4, pixels + i * 3);
        }
        jpeg_finish_decompress(&jpeg_);
        return true;
    }

    /// Converts CMYK to RGB without a profile. Adobe's programs store inverted values (255: no ink), others the amount
    /// of ink.
    void mix_inks(const uint8_t* inks, uint8_t* pixel) const
    {
        const bool is_white = jpeg_.saw_Adobe_marker != FALSE;
        const int black = is_white ? inks[3] : 255 - inks[3];
        for (size_t c = 0; c < 3; ++c)
            pixel[c] = uint8_t(((is_white ? inks[c] : 255 - inks[c]) * black + 127) / 255);
    }

    Status failure() const { return is_short_ ? cut_short(file_) : damaged(message_); }

    Bytes file_;
    jpeg_decompress_struct jpeg_ = {};
    jpeg_error_mgr errors_ = {};
    jpeg_progress_mgr progress_ = {};
    std::jmp_buf leave_ = {};
    int orientation_ = 1;
    bool has_header_ = false;
    bool is_short_ = false;
    char message_[JMSG_LENGTH_MAX] = {};
};

} // namespace

Result<Picture> decode_jpeg(Bytes file, int64_t max_pixels)
{
    return JpegReader(file).read(max_pixels);
}

} // namespace vkseg::pictures
