#include "formats/onnx/operators.hpp"
#include "formats/onnx/read_onnx.hpp"
#include "support/files_beside.hpp"
#include "support/malformed_models.hpp"
#include "support/onnx_writer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <set>

namespace vkseg::test::onnx_malformed_test {
namespace {

/// The bytes in a buffer of their own size, so that AddressSanitizer sees a read past the end.
Result<Graph> read_bytes(const std::string& bytes, const std::filesystem::path& directory = "no_such_directory")
{
    auto owner = std::make_shared<std::vector<std::byte>>(bytes.size());
    std::copy_n(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size(), owner->begin());
    const std::span<const std::byte> view = *owner;
    return read_onnx(MemoryFile{.bytes = view, .owner = std::move(owner)}, files_beside(directory));
}

bool is_printable(const std::string& text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || uint8_t(c) >= 0x20; });
}

/// A small network with something of everything.
std::string sample_model()
{
    using namespace onnx;
    Model model = model_of(
        {
            node("Conv", {"x", "w", "b"}, {"c"},
                 {attribute("pads", Extents{1, 1, 1, 1}), attribute("auto_pad", "NOTSET")}),
            node("LeakyRelu", {"c"}, {"r"}, {attribute("alpha", 0.25f)}),
            node("Shape", {"r"}, {"s"}),
            node("Constant", {}, {"k"}, {tensor_attribute("value", integer_tensor("", {}, {2}))}),
            node("Gather", {"s", "k"}, {"h"}),
            node("Upsample", {"r", "scales"}, {"y"}, {attribute("mode", "nearest")}),
        },
        {
            float_tensor("w", {2, 3, 3, 3}, std::vector<float>(54, 0.5f)),
            raw_tensor("b", {2}, type_f16, "\x01\x02\x03\x04"),
            float_tensor("scales", {4}, {1, 1, 2, 2}),
        },
        9);
    model.metadata = {{"task", "segmentation"}};
    return model.bytes();
}

} // namespace

TEST_CASE("onnx: every malformed model is refused with a message that names the trouble")
{
    std::set<std::string> names;
    for (const MalformedModel& model : malformed_models())
    {
        CAPTURE(model.name);
        CHECK(names.insert(model.name).second);
        const Result<Graph> graph = read_bytes(model.bytes, std::filesystem::temp_directory_path());
        REQUIRE_FALSE(graph.is_ok());
        const std::string& message = graph.status().message();
        CAPTURE(message);
        CHECK(message.find(model.fragment) != std::string::npos);
        CHECK(is_printable(message));
    }
    CHECK(names.size() >= 40);
}

TEST_CASE("onnx: a node without one of its required inputs is refused, whatever stands in its other places")
{
    using namespace onnx;
    const std::vector<Bytes> constants = {float_tensor("none", {0}, {}), float_tensor("one", {1}, {1})};
    for (const vkseg::onnx::OperatorReader& reader : vkseg::onnx::operators())
    {
        CAPTURE(reader.op_type);
        const size_t last = std::max(reader.min_inputs, std::min<size_t>(reader.max_inputs, 6));
        for (const char* other : {"x", "none", "one", ""})
        {
            for (size_t absent = 0; absent < reader.min_inputs; ++absent)
            {
                Names inputs(last, other);
                inputs[absent].clear();
                const Result<Graph> graph = read_bytes(
                    model_of({node(std::string(reader.op_type), inputs, {"y"}, {}, "", std::string(reader.domain))},
                             constants)
                        .bytes());
                REQUIRE_FALSE(graph.is_ok());
                CHECK(graph.status().code() == StatusCode::invalid_model);
            }
        }
    }
}

TEST_CASE("onnx: a model cut short anywhere is read or refused, and never crashes")
{
    const std::string bytes = sample_model();
    REQUIRE(read_bytes(bytes).is_ok());
    for (size_t length = 0; length < bytes.size(); ++length)
    {
        const Result<Graph> graph = read_bytes(bytes.substr(0, length));
        if (!graph.is_ok())
            CHECK_FALSE(graph.status().message().empty());
    }
}

TEST_CASE("onnx: a model with flipped bits is read or refused, and never crashes")
{
    const std::string bytes = sample_model();
    std::mt19937 random(20240607);
    for (int round = 0; round < 5000; ++round)
    {
        std::string damaged = bytes;
        for (uint32_t flips = 1 + random() % 4; flips > 0; --flips)
            damaged[random() % damaged.size()] ^= char(1u << random() % 8);
        const Result<Graph> graph = read_bytes(damaged);
        if (graph.is_ok())
            CHECK(validate(*graph).is_ok());
        else
            CHECK(is_printable(graph.status().message()));
    }
}

TEST_CASE("onnx: a model with bytes put in or taken out is read or refused, and never crashes")
{
    const std::string bytes = sample_model();
    std::mt19937 random(7);
    for (int round = 0; round < 3000; ++round)
    {
        std::string damaged = bytes;
        const size_t at = random() % damaged.size();
        if (random() % 2)
            damaged.erase(at, 1 + random() % 8);
        else
            damaged.insert(at, 1 + random() % 8, char(random()));
        const Result<Graph> graph = read_bytes(damaged);
        if (graph.is_ok())
            CHECK(validate(*graph).is_ok());
    }
}

} // namespace vkseg::test::onnx_malformed_test
