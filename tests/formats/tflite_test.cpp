#include "formats/tflite/operators.hpp"
#include "formats/tflite/read_tflite.hpp"
#include "support/tflite_writer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

namespace vkseg::test::tflite_reader_test {
namespace {

using tfl::BuiltinOperator;
using tfl::BuiltinOptions;
using tfl::TensorType;

/// The bytes in a buffer of their own size, so that AddressSanitizer sees a read past the end.
Result<Graph> read_bytes(const std::string& bytes)
{
    auto owner = std::make_shared<std::vector<std::byte>>(bytes.size());
    std::copy_n(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size(), owner->begin());
    const std::span<const std::byte> view = *owner;
    return read_tflite(MemoryFile{.bytes = view, .owner = std::move(owner)});
}

std::string message_of(const std::string& bytes)
{
    return read_bytes(bytes).status().message();
}

bool is_printable(const std::string& text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || uint8_t(c) >= 0x20; });
}

/// A convolution, a pool with indices, shape arithmetic and a quantised tensor.
std::string sample_model()
{
    TfliteWriter file;
    const int in = file.tensor("in", {1, 4, 4, 2});
    const int w = file.floats({2, 1, 1, 2}, {1, 2, 3, 4});
    const int b = file.floats({2}, {1, 2});
    const int sum = file.tensor("sum", {1, 4, 4, 2});
    file.node(BuiltinOperator::CONV_2D, {in, w, b}, {sum}, BuiltinOptions::Conv2DOptions,
              tfl::CreateConv2DOptions(file.builder(), tfl::Padding::SAME, 1, 1).Union());
    const int pooled = file.tensor("pooled", {1, 2, 2, 2});
    const int indices = file.tensor("indices", {1, 2, 2, 2});
    const int back = file.tensor("back", {1, 4, 4, 2});
    const std::vector<int32_t> options = {1, 2, 2, 2, 2, 0};
    file.custom("MaxPoolingWithArgmax2D", {sum}, {pooled, indices}, options);
    file.custom("MaxUnpooling2D", {pooled, indices}, {back}, options);
    const int flat = file.tensor("flat", {1, 32});
    file.node(BuiltinOperator::RESHAPE, {back, file.integers({2}, {1, -1})}, {flat});
    file.quantize({0.5f}, {1});
    const int stored = file.tensor("stored", {1, 32}, TensorType::UINT8);
    file.node(BuiltinOperator::QUANTIZE, {flat}, {stored});
    return file.bytes({in}, {stored});
}

/// A file with one node of an input and an output of four axes.
std::string model_of_node(BuiltinOperator type, TensorType input = TensorType::FLOAT32)
{
    TfliteWriter file;
    const int in = file.tensor("in", {1, 4, 4, 2}, input);
    const int out = file.tensor("out", {1, 4, 4, 2});
    file.node(type, {in}, {out});
    return file.bytes({in}, {out});
}

} // namespace

TEST_CASE("tflite: a whole file is read, and no part of it")
{
    const std::string bytes = sample_model();
    const Result<Graph> graph = read_bytes(bytes);
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    CHECK(graph->metadata.at("description") == "written by a test");
    CHECK(graph->values[graph->inputs[0]].name == "in");
    CHECK(graph->values[graph->outputs[0]].name == "stored");
    for (size_t size = 0; size < bytes.size(); size += size < 64 ? 1 : 13)
        CHECK_FALSE(read_bytes(bytes.substr(0, size)).is_ok());
}

TEST_CASE("tflite: damaged files give a graph or a message")
{
    const std::string original = sample_model();
    std::mt19937 random(1);
    for (int i = 0; i < 4000; ++i)
    {
        std::string bytes = original;
        for (unsigned change = 0; change <= random() % 4; ++change)
            bytes[8 + random() % (bytes.size() - 8)] = char(random() % 3 == 0 ? 0xff : random());
        const Result<Graph> graph = read_bytes(bytes);
        if (!graph.is_ok())
            REQUIRE((!graph.status().message().empty() && is_printable(graph.status().message())));
    }
}

TEST_CASE("tflite: everything that is not supported is listed")
{
    TfliteWriter file;
    const int in = file.tensor("in", {1, 4, 4, 2});
    const int first = file.tensor("first", {1, 4, 4, 2});
    file.node(BuiltinOperator::REVERSE_V2, {in}, {first});
    const int second = file.tensor("second", {1, 4, 4, 2});
    file.custom("Landmarks", {first}, {second});
    const int third = file.tensor("third", {1, 4, 4, 2});
    file.node(BuiltinOperator::RELU, {second}, {third});
    const std::string message = message_of(file.bytes({in}, {third}));
    CHECK(message.find("2 parts of the network") != std::string::npos);
    CHECK(message.find("node 'first' (REVERSE_V2): the operator is not supported") != std::string::npos);
    CHECK(message.find("node 'second' (Landmarks): the custom operator is not supported") != std::string::npos);
}

TEST_CASE("tflite: what a file gets wrong is refused with the reason")
{
    CHECK(message_of("not a model").find("TFL3") != std::string::npos);
    CHECK(message_of(model_of_node(BuiltinOperator::CONV_2D)).find("expected at least 2 inputs, got 1") !=
          std::string::npos);
    CHECK(message_of(model_of_node(BuiltinOperator::MAX_POOL_2D)).find("options of the operator are missing") !=
          std::string::npos);
    CHECK(message_of(model_of_node(BuiltinOperator::RELU, TensorType::STRING)).find("STRING is not supported") !=
          std::string::npos);
    {
        TfliteWriter file;
        const int in = file.tensor("in", {1, 4});
        const int out = file.tensor("out", {1, 4});
        file.node(BuiltinOperator::ADD, {in, file.floats({4}, {1, 2, 3})}, {out});
        CHECK(message_of(file.bytes({in}, {out})).find("needs 16 bytes of data, got 12") != std::string::npos);
    }
    {
        TfliteWriter file;
        const int in = file.tensor("in", {1, 5});
        const int out = file.tensor("out", {1, 3});
        file.node(BuiltinOperator::SPLIT, {file.integers({}, {-1}), in}, {out, file.tensor("rest", {1, 2})});
        CHECK(message_of(file.bytes({in}, {out})).find("an extent of 5 cannot be split into 2 equal parts") !=
              std::string::npos);
    }
    {
        TfliteWriter file;
        const int in = file.tensor("in", {1, 4});
        const int out = file.tensor("out", {1, 4});
        file.node(BuiltinOperator::ADD, {in, 7}, {out});
        CHECK(message_of(file.bytes({in}, {out})).find("there is no tensor 7, only 2") != std::string::npos);
    }
    {
        TfliteWriter file;
        const int in = file.tensor("in", {1, 4});
        const int other = file.tensor("other", {1, 4});
        const int out = file.tensor("out", {1, 4});
        file.node(BuiltinOperator::ADD, {in, other}, {out});
        CHECK(message_of(file.bytes({in}, {out})).find("not computed by an earlier node") != std::string::npos);
        TfliteWriter newer;
        newer.tensor("in", {1});
        CHECK(message_of(newer.bytes({0}, {0}, 4)).find("version 4 of the format") != std::string::npos);
    }
    {
        TfliteWriter file;
        const int in = file.tensor("in", {1, 4, 4, 2});
        const int pooled = file.tensor("pooled", {1, 2, 2, 2});
        const int indices = file.tensor("indices", {1, 2, 2, 2});
        file.custom("MaxPoolingWithArgmax2D", {in}, {pooled, indices}, {1, 2, 2, 2, 2, 0});
        CHECK(message_of(file.bytes({in}, {indices})).find("not supported as an output") != std::string::npos);
    }
}

TEST_CASE("tflite: every operator that is read has a name of the format, or is a custom one")
{
    for (const tflite::OperatorReader& reader : tflite::operators())
    {
        const auto names = std::span(tfl::EnumNamesBuiltinOperator(), size_t(BuiltinOperator::MAX) + 1);
        const bool is_known = std::ranges::any_of(names, [&](const char* name) { return name == reader.op_type; });
        CHECK_MESSAGE(is_known != reader.is_custom, std::string(reader.op_type));
    }
}

} // namespace vkseg::test::tflite_reader_test
