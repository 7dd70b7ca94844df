#include "formats/safetensors/header.hpp"

#include "base/text.hpp"
#include "vkseg/tensor.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace vkseg {
namespace {

using HeaderJson = nlohmann::json;

constexpr const char* metadata_key = "__metadata__";

/// Builds the header during parsing. Anything unexpected ends the parsing, so that a malicious header needs no more
/// memory than a valid one of its length.
class HeaderReader final : public nlohmann::json_sax<HeaderJson>
{
public:
    SafetensorsHeader& header() { return header_; }
    const Status& status() const { return status_; }

    bool null() override { return unexpected("null"); }
    bool boolean(bool value) override { return unexpected(value ? "true" : "false"); }
    bool number_integer(number_integer_t value) override { return number(value, std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) override
    {
        return number(value > uint64_t(INT64_MAX) ? -1 : int64_t(value), std::to_string(value));
    }
    bool number_float(number_float_t, const string_t& text) override { return number(-1, text); }
    bool binary(binary_t&) override { return unexpected("bytes"); }

    bool string(string_t& value) override
    {
        if (inside_ == Inside::metadata)
        {
            header_.metadata[key_] = std::move(value);
            return true;
        }
        if (inside_ != Inside::tensor || key_ != "dtype")
            return unexpected("'" + printable(value) + "'");
        header_.entries.back().dtype = std::move(value);
        return true;
    }

    bool start_object(size_t) override
    {
        if (inside_ == Inside::nothing)
        {
            inside_ = Inside::header;
            return true;
        }
        if (inside_ != Inside::header)
            return unexpected("an object");
        keys_.clear();
        inside_ = name_ == metadata_key ? Inside::metadata : Inside::tensor;
        if (inside_ == Inside::tensor)
            header_.entries.emplace_back().name = name_;
        return true;
    }

    bool key(string_t& value) override
    {
        if (inside_ == Inside::header)
        {
            name_ = value;
            return names_.insert(name_).second || refuse("tensor " + quoted(name_) + " appears twice");
        }
        key_ = value;
        if (!keys_.insert(key_).second)
            return refuse(where() + ": key " + quoted(key_) + " appears twice");
        const bool is_known = key_ == "dtype" || key_ == "shape" || key_ == "data_offsets";
        return inside_ == Inside::metadata || is_known || refuse(where() + ": key " + quoted(key_) + " is not known");
    }

    bool end_object() override
    {
        if (inside_ == Inside::tensor)
        {
            for (const char* needed : {"dtype", "shape", "data_offsets"})
            {
                if (!keys_.contains(needed))
                    return refuse(where() + ": key '" + needed + "' is missing");
            }
            if (header_.entries.back().data_offsets.size() != 2)
                return refuse(where() + ", data_offsets: expected two numbers");
        }
        inside_ = Inside::header; // also at the end of the header, where nothing follows
        return true;
    }

    bool start_array(size_t) override
    {
        if (inside_ != Inside::tensor || key_ == "dtype")
            return unexpected("a list");
        inside_ = Inside::list;
        return true;
    }
    bool end_array() override
    {
        inside_ = Inside::tensor;
        return true;
    }

    bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override
    {
        return refuse("is not valid JSON, from byte " + std::to_string(position) + " on");
    }

private:
    enum class Inside
    {
        nothing,
        header,
        metadata,
        tensor,
        list
    };

    bool refuse(std::string message, StatusCode code = StatusCode::invalid_model)
    {
        status_ = Status(code, std::move(message));
        return false;
    }

    static std::string quoted(const std::string& text) { return "'" + printable(text) + "'"; }
    std::string where() const { return name_ == metadata_key ? name_ : "tensor " + quoted(name_); }

    bool unexpected(const std::string& got)
    {
        const std::string found = ", got " + got;
        switch (inside_)
        {
        case Inside::nothing:
            return refuse("expected an object" + found);
        case Inside::header:
            return refuse(where() + ": expected an object" + found);
        case Inside::metadata:
            return refuse(where() + ", " + quoted(key_) + ": expected a string" + found);
        case Inside::tensor:
            return refuse(where() + ", " + key_ + ": expected " +
                          (key_ == "dtype" ? "a string" : "a list of whole numbers") + found);
        case Inside::list:
            break;
        }
        return refuse(where() + ", " + key_ + ": expected whole numbers of 0 or more" + found);
    }

    bool number(int64_t value, const std::string& text)
    {
        if (inside_ != Inside::list || value < 0)
            return unexpected(text);
        const bool is_shape = key_ == "shape";
        std::vector<int64_t>& list = is_shape ? header_.entries.back().shape : header_.entries.back().data_offsets;
        if (is_shape && list.size() == Shape::max_rank)
            return refuse(where() + ": a rank above " + std::to_string(Shape::max_rank) + " is not supported",
                          StatusCode::unsupported);
        if (!is_shape && list.size() == 2)
            return refuse(where() + ", data_offsets: expected two numbers, got more");
        list.push_back(value);
        return true;
    }

    SafetensorsHeader header_;
    Status status_;
    Inside inside_ = Inside::nothing;
    std::string name_; ///< name of the tensor, or metadata_key
    std::string key_;  ///< key inside the tensor or metadata
    std::set<std::string> names_;
    std::set<std::string> keys_;
};

} // namespace

Result<SafetensorsHeader> parse_safetensors_header(std::string_view json)
{
    // The parser treats a NUL as the end.
    if (const size_t nul = json.find('\0'); nul != std::string_view::npos)
        return Status(StatusCode::invalid_model, "is not valid JSON, from byte " + std::to_string(nul + 1) + " on");
    HeaderReader reader;
    if (!HeaderJson::sax_parse(json.begin(), json.end(), &reader))
        return reader.status();
    return std::move(reader.header());
}

} // namespace vkseg
