#include "formats/safetensors/read_safetensors.hpp"

#include "base/invalid.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "formats/checked_shape.hpp"
#include "formats/safetensors/header.hpp"

#include <algorithm>

// The format: eight bytes with the length of the header, little-endian; the header, JSON that may end in spaces; the
// data of the tensors, without gaps, to which the offsets in the header point.
namespace vkseg {
namespace {

using Entry = SafetensorsHeader::Entry;

constexpr size_t length_bytes = 8;
constexpr size_t max_header_bytes = 100'000'000; // the limit of the format's own reader

std::string count_of_bytes(int64_t count)
{
    return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

std::string shown(const Entry& entry)
{
    return "tensor '" + printable(entry.name) + "'";
}

std::string shown_offsets(const Entry& entry)
{
    return "[" + std::to_string(entry.data_offsets[0]) + ", " + std::to_string(entry.data_offsets[1]) + "]";
}

Result<DType> type_of(const std::string& dtype)
{
    static const std::map<std::string, DType> types = {
        {"F64", DType::f64}, {"F32", DType::f32}, {"F16", DType::f16}, {"BF16", DType::bf16},    {"I64", DType::i64},
        {"I32", DType::i32}, {"I8", DType::i8},   {"U8", DType::u8},   {"BOOL", DType::boolean},
    };
    if (const auto found = types.find(dtype); found != types.end())
        return found->second;
    return Status(StatusCode::unsupported,
                  "expected dtype F64, F32, F16, BF16, I64, I32, I8, U8 or BOOL, got '" + printable(dtype) + "'");
}

Result<size_t> header_length(std::span<const std::byte> bytes)
{
    if (bytes.size() < length_bytes)
    {
        return invalid("expected the 8 bytes of the header's length, got " + count_of_bytes(int64_t(bytes.size())) +
                       "; is the file cut short?");
    }
    uint64_t length = 0;
    for (size_t i = 0; i < length_bytes; ++i)
        length |= uint64_t(bytes[i]) << (8 * i);
    if (length > max_header_bytes)
    {
        return invalid("header: expected at most " + std::to_string(max_header_bytes) + " bytes, got " +
                       std::to_string(length) + "; is this a safetensors file?");
    }
    if (length > bytes.size() - length_bytes)
    {
        return invalid("header: expected " + count_of_bytes(int64_t(length)) + ", got " +
                       std::to_string(bytes.size() - length_bytes) + "; is the file cut short?");
    }
    return size_t(length);
}

/// Checks that the tensors fill the bytes after the header in order: every byte belongs to exactly one tensor.
Status check_offsets(const std::vector<Entry>& in_order, int64_t data_bytes)
{
    int64_t end = 0;
    const Entry* before = nullptr;
    for (const Entry& entry : in_order)
    {
        const int64_t begin = entry.data_offsets[0];
        if (begin > entry.data_offsets[1])
            return invalid(shown(entry) + ": data_offsets " + shown_offsets(entry) + " begin after their end");
        if (entry.data_offsets[1] > data_bytes)
        {
            return invalid(shown(entry) + ": data_offsets " + shown_offsets(entry) + " reach past the " +
                           count_of_bytes(data_bytes) + " of data; is the file cut short?");
        }
        if (begin < end)
            return invalid(shown(entry) + ": data_offsets " + shown_offsets(entry) + " overlap those of " +
                           shown(*before) + ", " + shown_offsets(*before));
        if (begin > end)
            return invalid(shown(entry) + ": expected data_offsets that begin at " + std::to_string(end) +
                           ", where the previous tensor ends, got " + shown_offsets(entry));
        end = entry.data_offsets[1];
        before = &entry;
    }
    if (end < data_bytes)
        return invalid(count_of_bytes(data_bytes - end) + " at the end of the file belong to no tensor");
    return {};
}

Result<Tensor> read_tensor(const Entry& entry, const FileBytes& file, size_t data_begin)
{
    VKSEG_ASSIGN(const DType type, type_of(entry.dtype));
    VKSEG_ASSIGN(const Shape shape, checked_shape(entry.shape));
    const int64_t bytes = entry.data_offsets[1] - entry.data_offsets[0];
    const int64_t needed = shape.elements() * int64_t(size_bytes(type));
    if (bytes != needed)
    {
        return invalid("shape " + to_string(shape) + " of " + name(type) + " needs " + count_of_bytes(needed) +
                       " of data, got " + std::to_string(bytes));
    }
    FileBytes data = file.part(data_begin + size_t(entry.data_offsets[0]), size_t(bytes));
    const auto is_boolean = [](std::byte value) { return value <= std::byte(1); };
    if (type == DType::boolean && !std::all_of(data.bytes.begin(), data.bytes.end(), is_boolean))
        return invalid("a value of type bool is neither 0 nor 1");
    if (reinterpret_cast<uintptr_t>(data.bytes.data()) % size_bytes(type) == 0)
        return Tensor(type, shape, data.bytes, std::move(data.owner));
    return Tensor::from_bytes(type, shape, {data.bytes.begin(), data.bytes.end()});
}

} // namespace

Result<WeightFile> parse_safetensors(const FileBytes& file)
{
    VKSEG_ASSIGN(const size_t length, header_length(file.bytes));
    const char* const text = reinterpret_cast<const char*>(file.bytes.data()) + length_bytes;
    Result<SafetensorsHeader> header = parse_safetensors_header({text, length});
    if (!header.is_ok())
        return header.status().with_context("header");

    std::vector<Entry>& entries = header->entries;
    const auto before = [](const Entry& a, const Entry& b) { return a.data_offsets < b.data_offsets; };
    std::stable_sort(entries.begin(), entries.end(), before);
    const size_t data_begin = length_bytes + length;
    VKSEG_TRY(check_offsets(entries, int64_t(file.bytes.size() - data_begin)));
    WeightFile result = {.tensors = {}, .metadata = std::move(header->metadata)};
    result.tensors.reserve(entries.size());
    for (Entry& entry : entries)
    {
        Result<Tensor> tensor = read_tensor(entry, file, data_begin);
        if (!tensor.is_ok())
            return tensor.status().with_context(shown(entry));
        result.tensors.push_back({std::move(entry.name), *std::move(tensor)});
    }
    return result;
}

Result<WeightFile> read_safetensors(const MemoryFile& file)
{
    return parse_safetensors({.bytes = file.bytes, .owner = file.owner});
}

Result<WeightFile> read_safetensors(const std::filesystem::path& path)
{
    VKSEG_ASSIGN(const FileBytes file, map_file(path));
    Result<WeightFile> weights = parse_safetensors(file);
    if (!weights.is_ok())
        return weights.status().with_context(printable_path(path));
    return weights;
}

} // namespace vkseg
