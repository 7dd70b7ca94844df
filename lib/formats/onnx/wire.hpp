#pragma once

#include <protozero/pbf_reader.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Reads the values of fields and checks their wire type, which protozero only asserts and a file may give wrongly.
/// Only for onnx_proto.cpp, which is compiled with exceptions.
namespace vkseg::onnx::wire {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

struct Malformed
{
    std::string what;
};

inline void need(const pbf_reader& message, pbf_wire_type type)
{
    if (message.wire_type() != type)
    {
        throw Malformed{"field " + std::to_string(message.tag()) + ": expected wire type " + std::to_string(int(type)) +
                        ", got " + std::to_string(int(message.wire_type()))};
    }
}

inline int64_t integer(pbf_reader& message)
{
    need(message, pbf_wire_type::varint);
    return message.get_int64();
}

inline float real(pbf_reader& message)
{
    need(message, pbf_wire_type::fixed32);
    return message.get_float();
}

inline std::string_view text(pbf_reader& message)
{
    need(message, pbf_wire_type::length_delimited);
    const protozero::data_view view = message.get_view();
    return {view.data(), view.size()};
}

inline void append_integers(pbf_reader& message, std::vector<int64_t>& values)
{
    if (message.wire_type() == pbf_wire_type::varint)
    {
        values.push_back(message.get_int64());
        return;
    }
    need(message, pbf_wire_type::length_delimited);
    for (const int64_t value : message.get_packed_int64())
        values.push_back(value);
}

inline void append_reals(pbf_reader& message, std::vector<float>& values)
{
    if (message.wire_type() == pbf_wire_type::fixed32)
    {
        values.push_back(message.get_float());
        return;
    }
    need(message, pbf_wire_type::length_delimited);
    for (const float value : message.get_packed_float())
        values.push_back(value);
}

inline void append_doubles(pbf_reader& message, std::vector<double>& values)
{
    if (message.wire_type() == pbf_wire_type::fixed64)
    {
        values.push_back(message.get_double());
        return;
    }
    need(message, pbf_wire_type::length_delimited);
    for (const double value : message.get_packed_double())
        values.push_back(value);
}

} // namespace vkseg::onnx::wire
