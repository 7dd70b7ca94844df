#include "formats/onnx/read_onnx.hpp"
#include "support/files_beside.hpp"
#include "support/onnx_writer.hpp"
#include "vkseg/model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

namespace vkseg::test::onnx_test {
namespace {

using namespace onnx;
namespace fs = std::filesystem;

Result<Graph> read(const Model& model, const fs::path& directory = {})
{
    auto owner = std::make_shared<const std::string>(model.bytes());
    return read_onnx(MemoryFile{.bytes = std::as_bytes(std::span(*owner)), .owner = owner}, files_beside(directory));
}

Graph graph_of(const std::vector<Bytes>& nodes, const std::vector<Bytes>& initializers = {}, int64_t opset = 17)
{
    Result<Graph> graph = read(model_of(nodes, initializers, opset));
    CHECK_MESSAGE(graph.is_ok(), graph.status().message());
    return graph.is_ok() ? *graph : Graph();
}

template <class T>
const T& op_of(const Graph& graph, size_t node = 0)
{
    REQUIRE(node < graph.nodes.size());
    const T* op = std::get_if<T>(&graph.nodes[node].op);
    REQUIRE(op);
    return *op;
}

const Tensor& constant(const Graph& graph, const std::string& name)
{
    const std::optional<ValueId> id = graph.find_value(name);
    REQUIRE(id);
    REQUIRE(graph.values[*id].constant);
    return *graph.values[*id].constant;
}

/// A directory of its own, removed at the end of the test.
class TemporaryDirectory
{
public:
    TemporaryDirectory()
    {
        std::random_device random;
        do
            path_ = fs::temp_directory_path() / ("vkseg_onnx_" + std::to_string(random()));
        while (!fs::create_directory(path_));
    }
    ~TemporaryDirectory()
    {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }
    void write(const std::string& name, const std::string& content) const
    {
        std::ofstream(path_ / name, std::ios::binary) << content;
    }

private:
    fs::path path_;
};

std::string failure_of_external(const TemporaryDirectory& directory, const External& data)
{
    const Model model = model_of({node("Add", {"x", "w"}, {"y"})}, {external_tensor("w", {2}, type_f32, data)});
    return read(model, directory.path()).status().message();
}

} // namespace

TEST_CASE("onnx: a convolution keeps its attributes, inputs and weights")
{
    const Graph graph = graph_of({node("Conv", {"x", "w", "b"}, {"y"},
                                       {attribute("strides", Extents{2, 1}), attribute("pads", Extents{0, 1, 2, 3}),
                                        attribute("group", int64_t(3)), attribute("dilations", Extents{1, 2})},
                                       "conv")},
                                 {float_tensor("w", {3, 1, 1, 1}, {1, 2, 3}), float_tensor("b", {3}, {4, 5, 6})});
    const Conv& conv = op_of<Conv>(graph);
    CHECK(conv.window.strides == Integers{2, 1});
    CHECK(conv.window.pads == Integers{0, 1, 2, 3});
    CHECK(conv.window.dilations == Integers{1, 2});
    CHECK(conv.groups == 3);
    CHECK(graph.nodes[0].name == "conv");
    CHECK(graph.nodes[0].inputs.size() == 3);
    CHECK(constant(graph, "w").to_floats() == std::vector<float>{1, 2, 3});
    REQUIRE(graph.inputs.size() == 1);
    CHECK(graph.values[graph.inputs[0]].shape == Shape{1, 3, 8, 8});
}

TEST_CASE("onnx: a Constant has the shape and values of whichever attribute it is given as")
{
    struct Case
    {
        Bytes attribute;
        Shape shape;
        DType type;
        std::vector<float> values;
    };
    const Case cases[] = {
        {attribute("value_float", 2.5f), {}, DType::f32, {2.5f}},
        {attribute("value_int", int64_t(-7)), {}, DType::i64, {-7}},
        {attribute("value_floats", std::vector<float>{1.5f, -2, 3}), {3}, DType::f32, {1.5f, -2, 3}},
        {attribute("value_ints", Extents{4, -5, 6, 7}), {4}, DType::i64, {4, -5, 6, 7}},
        {tensor_attribute("value", float_tensor("", {2, 1}, {8, 9})), {2, 1}, DType::f32, {8, 9}},
        {tensor_attribute("value", integer_tensor("", {1, 2}, {8, 9})), {1, 2}, DType::i64, {8, 9}},
    };
    for (const Case& c : cases)
    {
        const Graph graph = graph_of(
            {node("Constant", {}, {"k"}, {c.attribute}), node("Cast", {"k"}, {"y"}, {attribute("to", int64_t(1))})});
        const Tensor& value = constant(graph, "k");
        CHECK(value.shape() == c.shape);
        CHECK(value.type() == c.type);
        CHECK(value.to_floats() == c.values);
    }
}

TEST_CASE("onnx: every node that asks for too much is listed, and everything that it asks for")
{
    const Bytes scales = float_tensor("s", {4}, {1, 1, 2, 2});
    const Bytes odd = attribute("odd", int64_t(1));
    const Status status =
        read(model_of({node("Resize", {"x", "", "s"}, {"a"},
                            {attribute("mode", "magic"), attribute("nearest_mode", "odd"), odd}, "first"),
                       node("Relu", {"a"}, {"b"}, {odd}, "second"), node("Mystery", {"b"}, {"c"}, {odd}, "third"),
                       node("Relu", {"c"}, {"y"})},
                      {scales}, 19))
            .status();
    CAPTURE(status.message());
    CHECK(status.code() == StatusCode::unsupported);
    for (const char* part : {"3 parts", "node 'first' (Resize): attribute 'mode': value 'magic' is not supported; ",
                             "attribute 'nearest_mode': value 'odd' is not supported; attribute 'odd' is not known",
                             "node 'second' (Relu)", "node 'third' (Mystery)"})
        CHECK_MESSAGE(status.message().find(part) != std::string::npos, part);
}

TEST_CASE("onnx: what is wrong with one node is told up to a length that can be read")
{
    std::vector<Bytes> attributes;
    for (int i = 0; i < 1000; ++i)
        attributes.push_back(attribute("unknown" + std::to_string(i), int64_t(i)));
    const Status status = read(model_of({node("Relu", {"x"}, {"y"}, attributes, "n")})).status();
    CHECK(status.message().find("attribute 'unknown9' is not known; ") != std::string::npos);
    CHECK(status.message().ends_with("is not known; and more"));
    CHECK(status.message().size() < 1200);
}

TEST_CASE("onnx: every element type is read from raw and from typed data")
{
    struct Case
    {
        int64_t type;
        DType expected;
        std::string raw;
        uint32_t field;
    };
    const Case cases[] = {
        {type_f32, DType::f32, std::string("\0\0\x80\x3f", 4), 4},
        {type_u8, DType::u8, "\x01", 5},
        {type_i8, DType::i8, "\x01", 5},
        {type_i32, DType::i32, std::string("\1\0\0\0", 4), 5},
        {type_i64, DType::i64, std::string("\1\0\0\0\0\0\0\0", 8), 7},
        {type_bool, DType::boolean, "\x01", 5},
        {type_f16, DType::f16, std::string("\0\x3c", 2), 5},
        {type_f64, DType::f64, std::string("\0\0\0\0\0\0\xf0\x3f", 8), 10},
        {type_bf16, DType::bf16, std::string("\x80\x3f", 2), 5},
    };
    for (const Case& c : cases)
    {
        CAPTURE(name(c.expected));
        Message typed;
        typed.integers(1, {1}).integer(2, c.type).text(8, "t");
        if (c.field == 4 || c.field == 10)
            typed.text(c.field, c.raw);
        else
            typed.integers(c.field, {c.type == type_f16 ? 0x3c00 : c.type == type_bf16 ? 0x3f80 : 1});
        const Graph graph =
            graph_of({node("Relu", {"x"}, {"y"})}, {raw_tensor("r", {1}, c.type, c.raw), typed.bytes()});
        for (const char* tensor : {"r", "t"})
        {
            CHECK(constant(graph, tensor).type() == c.expected);
            CHECK(constant(graph, tensor).to_floats() == std::vector<float>{1});
        }
    }
}

TEST_CASE("onnx: symbolic dimensions are unknown extents, and metadata is kept")
{
    Model model = model_of({node("Relu", {"x"}, {"y"})});
    model.inputs = {value_info("x", type_f32, {-1, 3, -1, 8})};
    model.metadata = {{"mean", "0.5"}, {"std", "0.25"}};
    const Result<Graph> graph = read(model);
    REQUIRE(graph.is_ok());
    CHECK(graph->values[graph->inputs[0]].shape == Shape{-1, 3, -1, 8});
    CHECK(graph->metadata.at("std") == "0.25");
}

TEST_CASE("onnx: an initializer that is also an input is a constant")
{
    Model model = model_of({node("Add", {"x", "w"}, {"y"})}, {float_tensor("w", {1}, {2})});
    model.inputs.push_back(value_info("w", type_f32, {1}));
    const Result<Graph> graph = read(model);
    REQUIRE(graph.is_ok());
    CHECK(graph->inputs.size() == 1);
    CHECK(constant(*graph, "w").to_floats() == std::vector<float>{2});
}

TEST_CASE("onnx: nodes in any order are put into one that computes before use")
{
    const Graph graph = graph_of({node("Relu", {"b"}, {"y"}), node("Abs", {"a"}, {"b"}), node("Neg", {"x"}, {"a"})});
    REQUIRE(graph.nodes.size() == 3);
    CHECK(name(graph.nodes[0].op) == "Neg");
    CHECK(name(graph.nodes[1].op) == "Abs");
    CHECK(name(graph.nodes[2].op) == "Relu");
}

TEST_CASE("onnx: sums of several values become chains, and a mean divides")
{
    const Graph sum = graph_of({node("Sum", {"x", "x", "x", "x"}, {"y"})});
    CHECK(sum.nodes.size() == 3);
    CHECK(op_of<Binary>(sum, 2).kind == BinaryKind::add);
    const Graph mean = graph_of({node("Mean", {"x", "x", "x"}, {"y"})});
    REQUIRE(mean.nodes.size() == 3);
    CHECK(op_of<Binary>(mean, 2).kind == BinaryKind::div);
    CHECK(mean.values[mean.nodes[2].inputs[1]].constant->to_floats() == std::vector<float>{3});
    const Graph single = graph_of({node("Max", {"x"}, {"y"})});
    CHECK(op_of<Unary>(single).kind == UnaryKind::identity);
}

TEST_CASE("onnx: global pooling reduces the spatial axes of any rank")
{
    const Graph graph = graph_of({node("GlobalAveragePool", {"x"}, {"y"})});
    CHECK(op_of<Reduce>(graph).all_spatial);
    CHECK(op_of<Reduce>(graph).keep_dims);
    CHECK(name(graph.nodes[0].op) == "GlobalAveragePool");
}

TEST_CASE("onnx: operators mean what their opset says")
{
    const auto x_to_y = [](const char* op_type, const std::vector<Bytes>& attributes = {})
    { return node(op_type, {"x"}, {"y"}, attributes); };
    const Graph softmax9 = graph_of({x_to_y("Softmax")}, {}, 9);
    CHECK(op_of<Softmax>(softmax9).axis == 1);
    CHECK(op_of<Softmax>(softmax9).flattens);
    const Graph softmax13 = graph_of({x_to_y("Softmax")}, {}, 13);
    CHECK(op_of<Softmax>(softmax13).axis == -1);
    CHECK_FALSE(op_of<Softmax>(softmax13).flattens);
    const Graph clip9 = graph_of({x_to_y("Clip", {attribute("min", -1.0f)})}, {}, 9);
    CHECK(op_of<Unary>(clip9).a == -1);
    const Graph squeeze11 = graph_of({x_to_y("Squeeze", {attribute("axes", Extents{0})})}, {}, 11);
    CHECK(op_of<Reshape>(squeeze11).axes == Integers{0});
    const Bytes scales = float_tensor("s", {4}, {1, 1, 2, 2});
    const Graph resize10 = graph_of({node("Resize", {"x", "s"}, {"y"})}, {scales}, 10);
    CHECK(op_of<Resize>(resize10).coordinates == CoordinateTransformation::asymmetric);
    CHECK(op_of<Resize>(resize10).nearest_mode == NearestMode::floor);
    CHECK(resize10.nodes[0].inputs.size() == 3);
    const Bytes empty = float_tensor("e", {0}, {});
    const Graph resize13 = graph_of({node("Resize", {"x", "e", "s"}, {"y"})}, {scales, empty}, 13);
    CHECK(op_of<Resize>(resize13).coordinates == CoordinateTransformation::half_pixel);
    CHECK(resize13.nodes[0].inputs[1] == no_value);
    const Graph resize19 = graph_of(
        {node("Resize", {"x", "e", "s"}, {"y"}, {attribute("coordinate_transformation_mode", "half_pixel_symmetric")})},
        {scales, empty}, 19);
    CHECK(op_of<Resize>(resize19).coordinates == CoordinateTransformation::half_pixel_symmetric);
    const Graph upsample7 =
        graph_of({x_to_y("Upsample", {attribute("scales", std::vector<float>{1, 1, 2, 3})})}, {}, 7);
    CHECK(op_of<Resize>(upsample7).scales == std::vector<float>{1, 1, 2, 3});
    const Graph top_k9 = graph_of({x_to_y("TopK", {attribute("axis", int64_t(1)), attribute("k", int64_t(5))})}, {}, 9);
    CHECK(op_of<TopK>(top_k9).axis == 1);
    CHECK(op_of<TopK>(top_k9).k == 5);
    const Bytes k = integer_tensor("k", {1}, {5});
    const std::vector<Bytes> any_order = {attribute("largest", int64_t(0)), attribute("sorted", int64_t(0))};
    const Graph top_k11 = graph_of({node("TopK", {"x", "k"}, {"y", "i"}, any_order)}, {k}, 11);
    CHECK(op_of<TopK>(top_k11).axis == -1);
    CHECK(op_of<TopK>(top_k11).is_smallest);
    CHECK(top_k11.nodes[0].inputs.size() == 2);
    CHECK(top_k11.nodes[0].outputs.size() == 2);
    const Status without_k = read(model_of({x_to_y("TopK")}, {}, 11)).status();
    CHECK(without_k.message().find("expected 'k' as input 1") != std::string::npos);
    const Status two_k =
        read(model_of({node("TopK", {"x", "k"}, {"y"}, {attribute("k", int64_t(5))})}, {k}, 9)).status();
    CHECK(two_k.message().find("expected 'k' as an attribute before opset 10") != std::string::npos);
}

TEST_CASE("onnx: Scatter is ScatterElements, and reductions have names")
{
    const std::vector<Bytes> indices = {integer_tensor("i", {1}, {0}), float_tensor("u", {1}, {7})};
    const auto scatter = [](const char* type, std::vector<Bytes> attributes) {
        return std::vector<Bytes>{node(type, {"x", "i", "u"}, {"y"}, std::move(attributes))};
    };
    const Graph old = graph_of(scatter("Scatter", {attribute("axis", int64_t(1))}), indices, 10);
    CHECK(op_of<ScatterElements>(old).axis == 1);
    const Graph plain = graph_of(scatter("ScatterElements", {attribute("reduction", "none")}), indices, 18);
    CHECK(op_of<ScatterElements>(plain).axis == 0);
    const Graph sum = graph_of(scatter("ScatterElements", {attribute("reduction", "add")}), indices, 18);
    CHECK(op_of<ScatterElements>(sum).reduction == ScatterReduction::add);
    const Status odd =
        read(model_of(scatter("ScatterElements", {attribute("reduction", "odd")}), indices, 18)).status();
    CHECK(odd.message().find("attribute 'reduction': value 'odd' is not supported") != std::string::npos);
}

TEST_CASE("onnx: outputs that nobody asks for may be left out")
{
    const Graph dropout = graph_of({node("Dropout", {"x"}, {"y", "mask"})});
    REQUIRE(dropout.nodes.size() == 1);
    CHECK(dropout.nodes[0].outputs.size() == 1);
    const Graph pool = graph_of({node("MaxPool", {"x"}, {"y", ""}, {attribute("kernel_shape", Extents{2, 2})})});
    REQUIRE(pool.nodes[0].outputs.size() == 2);
    CHECK(pool.nodes[0].outputs[1] == no_value);
}

TEST_CASE("onnx: the mask of a dropout that drops nothing is true everywhere")
{
    const Graph graph = graph_of({node("Dropout", {"x"}, {"a", "y"})});
    REQUIRE(graph.nodes.size() == 3);
    const Tensor& kept = op_of<ConstantOfShape>(graph, 1).value;
    CHECK(kept.type() == DType::boolean);
    CHECK(kept.to_integers() == Integers{1});
    CHECK(graph.nodes[1].outputs == graph.outputs);
}

TEST_CASE("onnx: external data is read from beside the model")
{
    const TemporaryDirectory directory;
    directory.write("weights.bin", std::string("....") + std::string("\0\0\x80\x3f\0\0\0\x40", 8));
    const External data = {.location = "weights.bin", .offset = "4", .length = "8"};
    const Model model = model_of({node("Add", {"x", "w"}, {"y"})}, {external_tensor("w", {2}, type_f32, data)});
    directory.write("model.onnx", model.bytes());
    const Result<Graph> graph = load_model(directory.path() / "model.onnx");
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    CHECK(constant(*graph, "w").to_floats() == std::vector<float>{1, 2});
}

TEST_CASE("onnx: external data never reaches outside of the model's directory or past a file's end")
{
    const TemporaryDirectory outside;
    outside.write("secret.bin", "12345678");
    const TemporaryDirectory directory;
    directory.write("weights.bin", "12345678");
    std::error_code cannot_link; // libstdc++ makes no links on Windows
    fs::create_symlink(outside.path() / "secret.bin", directory.path() / "link.bin", cannot_link);
    if (!cannot_link)
        fs::create_directory_symlink(outside.path(), directory.path() / "folder");
    const auto contains = [](const std::string& text, const char* part)
    { return text.find(part) != std::string::npos; };
    if (!cannot_link)
    {
        CHECK(contains(failure_of_external(directory, {.location = "link.bin"}), "leads out of"));
        CHECK(contains(failure_of_external(directory, {.location = "folder/secret.bin"}), "leads out of"));
    }
    CHECK(contains(failure_of_external(directory, {.location = "../x"}), "is not a file in"));
    CHECK(contains(failure_of_external(directory, {.location = "."}), "is not a regular file"));
    CHECK(contains(failure_of_external(directory, {.location = "weights.bin", .offset = "4"}), "past the end"));
    CHECK(contains(failure_of_external(directory, {.location = "weights.bin", .length = "9"}), "past the end"));
    CHECK(contains(failure_of_external(directory, {.location = "weights.bin", .length = "4"}), "needs 8 bytes"));
    const External huge = {.location = "weights.bin", .offset = "18446744073709551615", .length = "8"};
    CHECK(contains(failure_of_external(directory, huge), "past the end"));
    CHECK(failure_of_external(directory, {.location = "weights.bin"}).empty());
}

TEST_CASE("onnx: a file that is not there, or no file, is an I/O error that names it")
{
    const Result<Graph> missing = load_model("no/such/model.onnx");
    CHECK(missing.status().code() == StatusCode::io_error);
    CHECK(missing.status().message().find("no/such/model.onnx") != std::string::npos);
    CHECK(load_model(fs::temp_directory_path()).status().code() == StatusCode::io_error);
}

TEST_CASE("onnx: a file of another format is named, with what to do about it")
{
    const auto refusal = [](const std::string& bytes)
    { return read_onnx(MemoryFile{.bytes = std::as_bytes(std::span(bytes))}).status().message(); };
    for (const auto& [bytes, part] :
         {std::pair(std::string("PK\x03\x04...."), "PyTorch (.pt, .pth)"),
          std::pair(std::string("7767517\n"), "an ncnn network"), std::pair(std::string("<?xml version"), "OpenVINO"),
          std::pair(std::string("\n\x0f\n\x01x\x12\x0bPlaceholder"), "a TensorFlow graph"),
          std::pair(std::string("\x08\0\0\0\0\0\0\0{\"a\":1}", 15), "safetensors")})
    {
        const std::string message = refusal(bytes);
        CHECK_MESSAGE(message.find(part) != std::string::npos, message);
    }
}

TEST_CASE("onnx: everything unsupported is listed, up to a limit")
{
    std::vector<Bytes> nodes;
    for (int i = 0; i < 60; ++i)
        nodes.push_back(node("Foo", {"x"}, {std::to_string(i)}));
    nodes.push_back(node("Relu", {"0"}, {"y"}));
    const Result<Graph> graph = read(model_of(nodes));
    REQUIRE(graph.status().code() == StatusCode::unsupported);
    const std::string& message = graph.status().message();
    CHECK(std::count(message.begin(), message.end(), '\n') == 51);
    CHECK(message.find("network:\n  Foo × 60, first at node '0'\n  node '0' (Foo): ") != std::string::npos);
    CHECK(message.find("and 11 more") != std::string::npos);
}

TEST_CASE("onnx: normalisations are read with their axes and epsilon")
{
    const std::vector<Bytes> scale = {float_tensor("s", {8}, std::vector<float>(8, 1))};
    const auto layer = op_of<LayerNormalization>(
        graph_of({node("LayerNormalization", {"x", "s"}, {"y"}, {attribute("epsilon", 1e-3f)})}, scale));
    CHECK(layer.kind == NormalizationKind::layer);
    CHECK(layer.axes == Integers{-1});
    CHECK(layer.epsilon == 1e-3f);
    CHECK(layer.to_last);
    const auto rms = op_of<LayerNormalization>(
        graph_of({node("RMSNormalization", {"x", "s"}, {"y"}, {attribute("axis", int64_t(2))})}, scale, 23));
    CHECK(rms.kind == NormalizationKind::rms);
    CHECK(rms.axes == Integers{2});
    const auto l2 =
        op_of<LayerNormalization>(graph_of({node("LpNormalization", {"x"}, {"y"}, {attribute("axis", int64_t(1))})}));
    CHECK(l2.kind == NormalizationKind::l2);
    CHECK(l2.axes == Integers{1});
    CHECK(l2.epsilon > 0); // zeros stay zeros
    CHECK(read(model_of({node("LpNormalization", {"x"}, {"y"}, {attribute("p", int64_t(3))})}))
              .status()
              .message()
              .find("'p'") != std::string::npos);
    CHECK(read(model_of({node("LayerNormalization", {"x", "s"}, {"y", "mean"})}, scale)).is_ok());
}

TEST_CASE("onnx: RoiAlign moves boxes by half a pixel since opset 16, unless the node says otherwise")
{
    const std::vector<Bytes> boxes = {float_tensor("boxes", {1, 4}, {0, 0, 4, 4}), integer_tensor("entries", {1}, {0})};
    const auto read_node = [&](std::vector<Bytes> attributes, int64_t opset) {
        return graph_of({node("RoiAlign", {"x", "boxes", "entries"}, {"y"}, attributes)}, boxes, opset);
    };
    CHECK_FALSE(op_of<RoiAlign>(read_node({}, 10)).is_aligned);
    CHECK(op_of<RoiAlign>(read_node({}, 16)).is_aligned);
    CHECK(op_of<RoiAlign>(read_node({}, 22)).is_aligned);
    const Bytes old = attribute("coordinate_transformation_mode", "output_half_pixel");
    CHECK_FALSE(op_of<RoiAlign>(read_node({old}, 16)).is_aligned);
    const Graph graph =
        read_node({attribute("mode", "max"), attribute("output_height", int64_t(7)),
                   attribute("output_width", int64_t(5)), attribute("sampling_ratio", int64_t(2)),
                   attribute("spatial_scale", 0.25f), attribute("coordinate_transformation_mode", "half_pixel")},
                  22);
    const RoiAlign& op = op_of<RoiAlign>(graph);
    CHECK(op.is_max);
    CHECK(op.output_size == Integers{7, 5});
    CHECK(op.sampling_ratio == 2);
    CHECK(op.scales == std::vector<float>{0.25f});
    CHECK(op.has_batch_indices);
}

TEST_CASE("onnx: MaxRoiPool keeps its size and scale")
{
    const Graph graph =
        graph_of({node("MaxRoiPool", {"x", "boxes"}, {"y"},
                       {attribute("pooled_shape", Extents{7, 5}), attribute("spatial_scale", 0.0625f)})},
                 {float_tensor("boxes", {1, 5}, {0, 0, 0, 4, 4})});
    CHECK(op_of<RoiPool>(graph).output_size == Integers{7, 5});
    CHECK(op_of<RoiPool>(graph).scale == 0.0625f);
}

} // namespace vkseg::test::onnx_test
