#include "npy.hpp"

#include "common.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace vkseg::cli {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

struct TypeCode
{
    std::string_view code;
    DType type;
};
constexpr TypeCode type_codes[] = {{"<f4", DType::f32}, {"<f2", DType::f16}, {"|u1", DType::u8},     {"|i1", DType::i8},
                                   {"<i4", DType::i32}, {"<i8", DType::i64}, {"|b1", DType::boolean}};

/// Reads the header, a Python dictionary of descr, fortran_order and shape.
class Header
{
public:
    Header(std::string_view text, const std::string& who) : text_(text), who_(who) { parse(); }

    DType type() const
    {
        for (const TypeCode& known : type_codes)
        {
            if (known.code == descr_ || (known.code[0] == '|' && known.code.substr(1) == descr_.substr(1)))
                return known.type;
        }
        fail(fmt::format("expected little-endian f32, f16, u8, i8, i32, i64 or bool, got '{}'", descr_));
    }
    const Shape& shape() const { return shape_; }

private:
    [[noreturn]] void fail(const std::string& message) const
    {
        throw Failure(bad_input, fmt::format("{}: {}", who_, message));
    }
    [[noreturn]] void fail_malformed() const { fail("the header is malformed"); }

    void skip_spaces()
    {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n'))
            ++at_;
    }
    bool accept(char c)
    {
        skip_spaces();
        if (at_ == text_.size() || text_[at_] != c)
            return false;
        ++at_;
        return true;
    }
    void expect(char c)
    {
        if (!accept(c))
            fail_malformed();
    }
    std::string_view quoted()
    {
        skip_spaces();
        const char quote = at_ < text_.size() ? text_[at_] : ' ';
        const size_t end = quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : std::string_view::npos;
        if (end == std::string_view::npos)
            fail_malformed();
        const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return value;
    }
    void read_order()
    {
        skip_spaces();
        const std::string_view rest = text_.substr(at_);
        if (rest.starts_with("True"))
            fail("expected C order, got Fortran order (use numpy.ascontiguousarray)");
        if (!rest.starts_with("False"))
            fail_malformed();
        at_ += 5;
    }
    void read_shape()
    {
        expect('(');
        int64_t elements = 1;
        while (!accept(')'))
        {
            skip_spaces();
            int64_t extent = 0;
            const auto [next, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
            if (error != std::errc() || extent < 0)
                fail_malformed();
            if (shape_.rank() == Shape::max_rank)
                fail("has more than " + std::to_string(Shape::max_rank) + " axes");
            // An extent of 0 must not hide an overflow of the others.
            if (extent > (int64_t(1) << 32) / elements)
                fail("has too many values");
            elements *= std::max<int64_t>(extent, 1);
            shape_.append(extent);
            at_ = size_t(next - text_.data());
            if (!accept(','))
            {
                expect(')');
                return;
            }
        }
    }
    void parse()
    {
        bool has_descr = false;
        bool has_order = false;
        bool has_shape = false;
        expect('{');
        while (!accept('}'))
        {
            const std::string_view key = quoted();
            expect(':');
            if (key == "descr" && !has_descr)
            {
                descr_ = quoted();
                has_descr = true;
            }
            else if (key == "fortran_order" && !has_order)
            {
                read_order();
                has_order = true;
            }
            else if (key == "shape" && !has_shape)
            {
                read_shape();
                has_shape = true;
            }
            else
                fail_malformed();
            if (!accept(','))
            {
                expect('}');
                break;
            }
        }
        if (!has_descr || !has_order || !has_shape || descr_.empty())
            fail_malformed();
    }

    std::string_view text_;
    const std::string& who_;
    size_t at_ = 0;
    std::string_view descr_;
    Shape shape_;
};

} // namespace

Tensor parse_npy(std::vector<std::byte> bytes, const std::string& who)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto fail = [&](const std::string& message) -> Failure
    { return Failure(bad_input, fmt::format("{}: {}", who, message)); };
    if (!text.starts_with(magic) || text.size() < 10)
        throw fail("is not a .npy file");
    const auto byte = [&](size_t i) { return size_t(uint8_t(text[i])); };
    const size_t version = byte(6);
    if (version < 1 || version > 3)
        throw fail(fmt::format("expected .npy version 1 to 3, got version {}", version));
    const size_t header_begin = version == 1 ? 10 : 12;
    if (text.size() < header_begin)
        throw fail("is cut short");
    size_t header_bytes = byte(8) | byte(9) << 8;
    if (version > 1)
        header_bytes |= byte(10) << 16 | byte(11) << 24;
    if (header_bytes > text.size() - header_begin)
        throw fail("is cut short");
    const Header header(text.substr(header_begin, header_bytes), who);
    const DType type = header.type();
    const size_t data_begin = header_begin + header_bytes;
    const size_t data_bytes = size_t(header.shape().elements()) * size_bytes(type);
    if (text.size() - data_begin != data_bytes)
        throw fail(fmt::format("holds {} bytes of data where {} {} needs {}", text.size() - data_begin, name(type),
                               to_string(header.shape()), data_bytes));
    const Shape shape = header.shape();
    bytes.erase(bytes.begin(), bytes.begin() + std::ptrdiff_t(data_begin));
    if (type == DType::boolean)
        std::transform(bytes.begin(), bytes.end(), bytes.begin(),
                       [](std::byte value) { return std::byte(value != std::byte(0)); });
    return Tensor::from_bytes(type, shape, std::move(bytes));
}

Tensor read_npy(const std::filesystem::path& path)
{
    return parse_npy(read_file(path), path.string());
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor)
{
    const auto* const code = std::find_if(std::begin(type_codes), std::end(type_codes),
                                          [&](const TypeCode& known) { return known.type == tensor.type(); });
    if (code == std::end(type_codes))
        throw Failure(bad_input, fmt::format("{}: {} cannot be written as .npy", path.string(), name(tensor.type())));
    std::string shape;
    for (const int64_t extent : tensor.shape().extents())
        shape += fmt::format("{}, ", extent);
    if (tensor.shape().rank() > 1)
        shape.resize(shape.size() - 2);
    else if (tensor.shape().rank() == 1)
        shape.pop_back();
    std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", code->code, shape);
    // Pad so that the data begin at a multiple of 64 bytes.
    header.append(63 - (10 + header.size()) % 64, ' ');
    header.push_back('\n');
    std::string head(magic);
    head += {'\x01', '\x00', char(header.size() & 255), char(header.size() >> 8)};
    head += header;
    write_file(path, std::as_bytes(std::span(head)), tensor.bytes());
}

} // namespace vkseg::cli
