#include "formats/safetensors/read_safetensors.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

namespace vkseg::test::safetensors_test {
namespace {

std::string length_of(uint64_t length)
{
    std::string bytes;
    for (int i = 0; i < 8; ++i)
        bytes += char(length >> (8 * i));
    return bytes;
}

std::string file_of(const std::string& header, const std::string& data = {})
{
    return length_of(header.size()) + header + data;
}

std::string entry(const std::string& dtype, const std::string& shape, const std::string& offsets)
{
    return R"({"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

/// A file of one tensor 'a'.
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets,
                const std::string& data = {})
{
    return file_of(R"({"a":)" + entry(dtype, shape, offsets) + "}", data);
}

/// The bytes in a buffer of their own size, so that AddressSanitizer sees a read past the end.
Result<WeightFile> parse(const std::string& bytes)
{
    auto owner = std::make_shared<std::vector<std::byte>>(bytes.size());
    std::copy_n(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size(), owner->begin());
    const std::span<const std::byte> view = *owner;
    return parse_safetensors({.bytes = view, .owner = std::move(owner), .is_mapped = false});
}

bool is_printable(const std::string& text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || uint8_t(c) >= 0x20; });
}

/// Two tensors, out of order in the header, behind metadata, with padding.
std::string sample_file()
{
    return file_of(R"({"__metadata__":{"format":"pt","mean":"0.5 é"},"b":)" + entry("F32", "[2,1]", "[2,10]") +
                       R"(,"a":)" + entry("I8", "[2]", "[0,2]") + "}   ",
                   std::string("\x01\xff\0\0\x80\x3f\0\0\0\xc0", 10));
}

struct Malformed
{
    std::string name;
    std::string bytes;
    std::string fragment;
};

std::vector<Malformed> damaged_files()
{
    const std::string good = one("U8", "[2]", "[0,2]", "xy");
    const std::string deep = R"({"a":)" + std::string(1000, '[');
    return {
        {"empty_file", "", "expected the 8 bytes of the header's length, got 0 bytes"},
        {"seven_bytes", "1234567", "got 7 bytes; is the file cut short?"},
        {"length_alone", length_of(2), "header: expected 2 bytes, got 0; is the file cut short?"},
        {"header_cut", good.substr(0, 20), "got 12; is the file cut short?"},
        {"text_file", "this is not a file of weights at all", "is this a safetensors file?"},
        {"header_of_100_megabytes_and_1", length_of(100'000'001) + "{}", "at most 100000000 bytes, got 100000001"},
        {"most_negative_length", length_of(~uint64_t(0)) + "{}", "got 18446744073709551615"},
        {"no_header", file_of(""), "header: is not valid JSON"},
        {"half_an_object", file_of("{"), "header: is not valid JSON, from byte "},
        {"not_json", file_of("{a}"), "is not valid JSON"},
        {"json_and_more", file_of("{} {}"), "is not valid JSON"},
        {"zero_byte_behind", file_of(std::string("{}\0", 3)), "is not valid JSON, from byte 3 on"},
        {"not_utf_8", file_of("{\"\xff\":{}}"), "is not valid JSON"},
        {"list", file_of("[]"), "header: expected an object, got a list"},
        {"string", file_of("\"a\""), "header: expected an object, got 'a'"},
        {"number", file_of("5"), "header: expected an object, got 5"},
        {"null", file_of("null"), "header: expected an object, got null"},
        {"deep_lists", file_of(deep), "tensor 'a': expected an object, got a list"},
        {"same_name_twice",
         file_of(R"({"a":)" + entry("U8", "[1]", "[0,1]") + R"(,"a":)" + entry("U8", "[1]", "[1,2]") + "}", "xy"),
         "header: tensor 'a' appears twice"},
        {"escape_sequence_in_name", file_of(R"({"\u001b[31m":5})"), "tensor '\\x1b[31m': expected an object, got 5"},
    };
}

std::vector<Malformed> bad_entries()
{
    const auto with = [](const std::string& value) { return file_of(R"({"a":)" + value + "}"); };
    return {
        {"tensor_as_number", with("5"), "tensor 'a': expected an object, got 5"},
        {"tensor_as_boolean", with("true"), "tensor 'a': expected an object, got true"},
        {"empty_entry", with("{}"), "tensor 'a': key 'dtype' is missing"},
        {"no_shape", with(R"({"dtype":"F32","data_offsets":[0,0]})"), "tensor 'a': key 'shape' is missing"},
        {"no_offsets", with(R"({"dtype":"F32","shape":[0]})"), "tensor 'a': key 'data_offsets' is missing"},
        {"unknown_key", with(R"({"stride":[1]})"), "tensor 'a': key 'stride' is not known"},
        {"key_twice", with(R"({"shape":[1],"shape":[2]})"), "tensor 'a': key 'shape' appears twice"},
        {"dtype_as_number", with(R"({"dtype":5})"), "tensor 'a', dtype: expected a string, got 5"},
        {"dtype_as_list", with(R"({"dtype":[]})"), "tensor 'a', dtype: expected a string, got a list"},
        {"shape_as_string", with(R"({"shape":"2x3"})"),
         "tensor 'a', shape: expected a list of whole numbers, got '2x3'"},
        {"shape_as_object", with(R"({"shape":{}})"), "expected a list of whole numbers, got an object"},
        {"shape_of_strings", with(R"({"shape":["2"]})"), "shape: expected whole numbers of 0 or more, got '2'"},
        {"shape_of_lists", with(R"({"shape":[[2]]})"), "shape: expected whole numbers of 0 or more, got a list"},
        {"shape_of_fractions", with(R"({"shape":[2.5]})"), "shape: expected whole numbers of 0 or more, got 2.5"},
        {"shape_of_null", with(R"({"shape":[null]})"), "expected whole numbers of 0 or more, got null"},
        {"negative_extent", with(R"({"shape":[2,-3]})"), "shape: expected whole numbers of 0 or more, got -3"},
        {"extent_of_2_63", with(R"({"shape":[9223372036854775808]})"), "got 9223372036854775808"},
        {"extent_of_2_70", with(R"({"shape":[1180591620717411303424]})"), "got 1180591620717411303424"},
        {"rank_9", with(R"({"shape":[1,1,1,1,1,1,1,1,1]})"), "tensor 'a': a rank above 8 is not supported"},
        {"one_offset", one("F32", "[0]", "[0]"), "tensor 'a', data_offsets: expected two numbers"},
        {"three_offsets", one("F32", "[0]", "[0,0,0]"), "data_offsets: expected two numbers, got more"},
        {"negative_offset", one("F32", "[0]", "[-4,0]"), "data_offsets: expected whole numbers of 0 or more, got -4"},
        {"metadata_as_list", file_of(R"({"__metadata__":[]})"), "__metadata__: expected an object, got a list"},
        {"metadata_of_numbers", file_of(R"({"__metadata__":{"epoch":5}})"),
         "__metadata__, 'epoch': expected a string, got 5"},
        {"metadata_of_objects", file_of(R"({"__metadata__":{"a":{}}})"), "expected a string, got an object"},
        {"metadata_key_twice", file_of(R"({"__metadata__":{"a":"1","a":"2"}})"), "__metadata__: key 'a' appears twice"},
        {"metadata_twice", file_of(R"({"__metadata__":{},"__metadata__":{}})"), "'__metadata__' appears twice"},
    };
}

std::vector<Malformed> bad_tensors()
{
    const auto two = [](const std::string& first, const std::string& second, const std::string& data)
    { return file_of(R"({"a":)" + entry("U8", "[2]", first) + R"(,"b":)" + entry("U8", "[2]", second) + "}", data); };
    return {
        {"unsupported_dtype", one("U16", "[1]", "[0,2]", "xy"), "tensor 'a': expected dtype F64, F32, F16, BF16"},
        {"unknown_dtype", one("f32", "[1]", "[0,4]", "wxyz"), "BOOL, got 'f32'"},
        {"no_dtype", one("", "[1]", "[0,4]", "wxyz"), "BOOL, got ''"},
        {"overflowing_shape", one("F32", "[1099511627776,1099511627776]", "[0,4]", "wxyz"), "has too many elements"},
        {"overflow_behind_zero", one("F32", "[0,1099511627776,1099511627776]", "[0,0]"), "has too many elements"},
        {"a_terabyte_of_nothing", one("F32", "[1099511627776]", "[0,0]"),
         "tensor 'a': shape 1099511627776 of f32 needs 4398046511104 bytes of data, got 0"},
        {"too_little_data", one("F32", "[2,2]", "[0,4]", "wxyz"), "shape 2x2 of f32 needs 16 bytes of data, got 4"},
        {"too_much_data", one("F16", "[1]", "[0,4]", "wxyz"), "shape 1 of f16 needs 2 bytes of data, got 4"},
        {"scalar_without_data", one("F32", "[]", "[0,0]"), "shape scalar of f32 needs 4 bytes of data, got 0"},
        {"backwards", one("U8", "[2]", "[2,0]", "xy"), "tensor 'a': data_offsets [2, 0] begin after their end"},
        {"past_the_end", one("U8", "[3]", "[0,3]", "xy"), "data_offsets [0, 3] reach past the 2 bytes of data"},
        {"far_past_the_end", one("U8", "[1]", "[9223372036854775806,9223372036854775807]", "x"),
         "reach past the 1 byte of data"},
        {"overlap", two("[0,2]", "[1,3]", "xyz"),
         "tensor 'b': data_offsets [1, 3] overlap those of tensor 'a', [0, 2]"},
        {"same_place", two("[0,2]", "[0,2]", "xy"), "overlap"},
        {"hole", two("[0,2]", "[3,5]", "vwxyz"),
         "tensor 'b': expected data_offsets that begin at 2, where the previous tensor ends, got [3, 5]"},
        {"hole_at_the_start", one("U8", "[1]", "[1,2]", "xy"), "expected data_offsets that begin at 0"},
        {"hole_at_the_end", one("U8", "[1]", "[0,1]", "xyz"), "2 bytes at the end of the file belong to no tensor"},
        {"data_of_nobody", file_of("{}", "x"), "1 byte at the end of the file belong to no tensor"},
        {"boolean_of_2", one("BOOL", "[2]", "[0,2]", "\x01\x02"), "tensor 'a': a value of type bool is neither"},
    };
}

template <class T>
std::string bytes_of(std::vector<T> values)
{
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

} // namespace

TEST_CASE("safetensors: every dtype is read, aligned or not")
{
    struct Case
    {
        const char* dtype;
        DType type;
        std::string data;
    };
    const Case cases[] = {
        {"F64", DType::f64, bytes_of<double>({1, -2})},
        {"F32", DType::f32, bytes_of<float>({1, -2})},
        {"F16", DType::f16, bytes_of<uint16_t>({0x3c00, 0xc000})},
        {"BF16", DType::bf16, bytes_of<uint16_t>({0x3f80, 0xc000})},
        {"I64", DType::i64, bytes_of<int64_t>({1, -2})},
        {"I32", DType::i32, bytes_of<int32_t>({1, -2})},
        {"I8", DType::i8, "\x01\xfe"},
    };
    for (const Case& c : cases)
    {
        for (size_t padding = 0; padding < 8; ++padding)
        {
            CAPTURE(c.dtype);
            CAPTURE(padding);
            const std::string size = std::to_string(c.data.size());
            const Result<WeightFile> file = parse(file_of(
                R"({"a":)" + entry(c.dtype, "[2,1]", "[0," + size + "]") + "}" + std::string(padding, ' '), c.data));
            REQUIRE_MESSAGE(file.is_ok(), file.status().message());
            REQUIRE(file->tensors.size() == 1);
            const Tensor& tensor = file->tensors[0].tensor;
            CHECK(tensor.type() == c.type);
            CHECK(tensor.shape() == Shape{2, 1});
            CHECK(reinterpret_cast<uintptr_t>(tensor.bytes().data()) % size_bytes(c.type) == 0);
            CHECK(tensor.to_floats() == std::vector<float>{1, -2});
        }
    }
    const Result<WeightFile> bytes = parse(one("U8", "[2]", "[0,2]", "\x01\xff"));
    REQUIRE(bytes.is_ok());
    CHECK(bytes->tensors[0].tensor.to_integers() == std::vector<int64_t>{1, 255});
    const Result<WeightFile> booleans = parse(one("BOOL", "[2]", "[0,2]", std::string("\x01\0", 2)));
    REQUIRE(booleans.is_ok());
    CHECK(booleans->tensors[0].tensor.type() == DType::boolean);
}

TEST_CASE("safetensors: values that are no numbers come through")
{
    const Result<WeightFile> file = parse(one("BF16", "[4]", "[0,8]", bytes_of<uint16_t>({0x7fc0, 0x7f80, 0xff80, 1})));
    REQUIRE(file.is_ok());
    const std::vector<float> values = file->tensors[0].tensor.to_floats();
    CHECK(std::isnan(values[0]));
    CHECK(values[1] == INFINITY);
    CHECK(values[2] == -INFINITY);
    CHECK(values[3] == std::bit_cast<float>(uint32_t(1) << 16));
}

TEST_CASE("safetensors: metadata, scalars, empty tensors and files without tensors are read")
{
    const Result<WeightFile> file = parse(sample_file());
    REQUIRE_MESSAGE(file.is_ok(), file.status().message());
    CHECK(file->metadata == std::map<std::string, std::string>{{"format", "pt"}, {"mean", "0.5 é"}});
    REQUIRE(file->tensors.size() == 2);
    CHECK(file->tensors[0].name == "a");
    CHECK(file->tensors[0].tensor.to_integers() == std::vector<int64_t>{1, -1});
    CHECK(file->tensors[1].name == "b");
    CHECK(file->tensors[1].tensor.to_floats() == std::vector<float>{1, -2});

    const Result<WeightFile> none = parse(file_of("{}"));
    REQUIRE(none.is_ok());
    CHECK(none->tensors.empty());
    const Result<WeightFile> scalar = parse(one("F32", "[]", "[0,4]", bytes_of<float>({5})));
    REQUIRE(scalar.is_ok());
    CHECK(scalar->tensors[0].tensor.shape() == Shape{});
    const Result<WeightFile> empty =
        parse(file_of(R"({"b":)" + entry("U8", "[2]", "[0,2]") + R"(,"e":)" + entry("F32", "[3,0]", "[2,2]") +
                          R"(,"z":)" + entry("F32", "[0]", "[0,0]") + "}",
                      "xy"));
    REQUIRE_MESSAGE(empty.is_ok(), empty.status().message());
    CHECK(empty->tensors[2].tensor.shape() == Shape{3, 0});
}

TEST_CASE("safetensors: a file on disk is mapped, and its tensors outlive the reading")
{
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("vkseg_weights_" + std::to_string(std::random_device()()));
    const std::string header = R"({"a":)" + entry("F32", "[65536]", "[0,262144]") + "}";
    const std::string padding((8 - header.size() % 8) % 8, ' ');
    std::ofstream(path, std::ios::binary) << file_of(header + padding, bytes_of(std::vector<float>(65536, 3)));
    Result<WeightFile> file = read_safetensors(path);
    std::ofstream(path, std::ios::binary | std::ios::in).seekp(8) << '[';
    const Result<WeightFile> damaged = read_safetensors(path);
    std::error_code error;
    std::filesystem::remove(path, error); // Windows refuses to, as long as the file is mapped
    REQUIRE_MESSAGE(file.is_ok(), file.status().message());
    {
        const Tensor tensor = file->tensors[0].tensor;
        file->tensors.clear();
        CHECK(tensor.floats()[65535] == 3);
    }
    std::filesystem::remove(path, error);
    REQUIRE_FALSE(damaged.is_ok());
    CHECK(damaged.status().message() == path.string() + ": header: expected an object, got a list");
    const Result<WeightFile> missing = read_safetensors(path);
    REQUIRE_FALSE(missing.is_ok());
    CHECK(missing.status().code() == StatusCode::io_error);
}

TEST_CASE("safetensors: every malformed file is refused with a message that names the trouble")
{
    std::set<std::string> names;
    for (const std::vector<Malformed>& part : {damaged_files(), bad_entries(), bad_tensors()})
    {
        for (const Malformed& file : part)
        {
            CAPTURE(file.name);
            CHECK(names.insert(file.name).second);
            const Result<WeightFile> result = parse(file.bytes);
            REQUIRE_FALSE(result.is_ok());
            const std::string& message = result.status().message();
            CAPTURE(message);
            CHECK(message.find(file.fragment) != std::string::npos);
            CHECK(is_printable(message));
        }
    }
    CHECK(names.size() >= 60);
}

TEST_CASE("safetensors: a file cut short anywhere is refused")
{
    const std::string bytes = sample_file();
    REQUIRE(parse(bytes).is_ok());
    for (size_t length = 0; length < bytes.size(); ++length)
    {
        CAPTURE(length);
        const Result<WeightFile> file = parse(bytes.substr(0, length));
        REQUIRE_FALSE(file.is_ok());
        CHECK(is_printable(file.status().message()));
    }
}

TEST_CASE("safetensors: a file with flipped bits is read or refused, and never crashes")
{
    const std::string bytes = sample_file();
    std::mt19937 random(20170612);
    size_t refused = 0;
    for (int round = 0; round < 5000; ++round)
    {
        std::string damaged = bytes;
        for (uint32_t flips = 1 + random() % 4; flips > 0; --flips)
            damaged[random() % damaged.size()] ^= char(1u << random() % 8);
        const Result<WeightFile> file = parse(damaged);
        refused += !file.is_ok();
        if (!file.is_ok())
            CHECK(is_printable(file.status().message()));
    }
    CHECK(refused > 2500);
}

} // namespace vkseg::test::safetensors_test
