#include "formats/onnx/read_onnx.hpp"
#include "ops/valid_entries.hpp"
#include "support/check_op.hpp"
#include "support/devices.hpp"
#include "support/due_runs.hpp"
#include "support/onnx_writer.hpp"
#include "vkseg/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

// Operators of ONNX and ONNX Runtime that become several of vkseg's, against results of ONNX's Python reference or
// NumPy that ONNX's node tests in Debian do not have.
namespace vkseg::test::lowered_operators_test {
namespace {

using namespace onnx;

struct Case
{
    std::string op_type;
    std::vector<Bytes> attributes;
    std::vector<Tensor> inputs;  ///< may be missing
    std::vector<Tensor> outputs; ///< may be missing
    int64_t opset = 24;
    std::string domain = {};
};

Tensor booleans(const Shape& shape, const std::vector<int>& values)
{
    std::vector<std::byte> bytes;
    for (const int value : values)
        bytes.push_back(std::byte(value));
    return Tensor::from_bytes(DType::boolean, shape, std::move(bytes));
}

bool is_missing(const Tensor& tensor)
{
    return tensor.type() == missing().type() && tensor.shape() == missing().shape();
}

int64_t code_of(DType type)
{
    return type == DType::i64 ? type_i64 : type == DType::boolean ? type_bool : type_f32;
}

Names names_of(const char* prefix, const std::vector<Tensor>& tensors)
{
    Names names;
    for (const Tensor& tensor : tensors)
        names.push_back(is_missing(tensor) ? "" : prefix + std::to_string(names.size()));
    return names;
}

Graph graph_of(const Case& c)
{
    const Names inputs = names_of("x", c.inputs);
    const Names outputs = names_of("y", c.outputs);
    Model model = model_of({node(c.op_type, inputs, outputs, c.attributes, "", c.domain)}, {}, c.opset);
    model.inputs.clear();
    model.outputs.clear();
    for (size_t i = 0; i < inputs.size(); ++i)
    {
        const Shape& shape = c.inputs[i].shape();
        if (!inputs[i].empty())
            model.inputs.push_back(
                value_info(inputs[i], code_of(c.inputs[i].type()), Extents(shape.begin(), shape.end())));
    }
    for (const std::string& output : outputs)
    {
        if (!output.empty())
            model.outputs.push_back(value_info(output, type_f32, {}));
    }
    auto owner = std::make_shared<const std::string>(model.bytes());
    Result<Graph> graph = read_onnx(MemoryFile{.bytes = std::as_bytes(std::span(*owner)), .owner = owner});
    REQUIRE_MESSAGE(graph.is_ok(), graph.status().message());
    return *std::move(graph);
}

void check(const Case& c)
{
    CAPTURE(c.op_type);
    Graph graph = graph_of(c);
    std::vector<NamedTensor> inputs;
    const std::vector<std::string> parameters = parameter_inputs(graph);
    const Names names = names_of("x", c.inputs);
    for (size_t i = 0; i < names.size(); ++i)
    {
        if (std::ranges::find(parameters, names[i]) != parameters.end())
            REQUIRE(graph.freeze_input(names[i], c.inputs[i]).is_ok());
        else if (!names[i].empty())
            inputs.push_back({.name = names[i], .tensor = c.inputs[i]});
    }
    for (const TestDevice& device : devices_of_turn(next_turn()))
    {
        for (const Precision precision : {Precision::f32, Precision::f16})
        {
            Result<Session> session = Session::create(device.device, graph, {.precision = precision});
            REQUIRE_MESSAGE(session.is_ok(), session.status().message());
            const Result<RunResult> result = session->run(inputs);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            size_t at = 0;
            for (const Tensor& output : c.outputs)
            {
                if (is_missing(output))
                    continue;
                const Tensor& found = result->outputs[at++].tensor;
                REQUIRE(found.shape() == output.shape());
                const std::vector<float> expected = output.to_floats();
                const std::vector<float> values = found.to_floats();
                const float tolerance = precision == Precision::f16 ? 5e-3f : 2e-5f;
                for (size_t i = 0; i < expected.size(); ++i)
                    CHECK(std::abs(values[i] - expected[i]) <= tolerance * std::max(1.0f, std::abs(expected[i])));
            }
        }
        count_check(device.name);
    }
}

/// (s, a, b) → s + a + b, as the variable and as the result.
Bytes summing_body()
{
    Model body = model_of(
        {node("Add", {"s", "a"}, {"t"}), node("Add", {"t", "b"}, {"sum"}), node("Identity", {"sum"}, {"result"})});
    body.inputs.clear();
    for (const char* const name : {"s", "a", "b"})
        body.inputs.push_back(value_info(name, type_f32, {2}));
    body.outputs = {value_info("sum", type_f32, {2}), value_info("result", type_f32, {2})};
    return body.graph();
}

} // namespace

TEST_CASE("onnx: operators that become several others compute what ONNX says")
{
    const std::vector<Case> cases = {
        {.op_type = "GroupNormalization",
         .attributes = {attribute("num_groups", int64_t(2)), attribute("epsilon", 1e-2f)},
         .inputs = {Tensor::from({1, 4, 3}, {0.1f, 0.42f, -0.42f, 0.02f, 0.79f, 0.79f, -0.75f, -0.59f, -0.9f, -0.12f,
                                             -0.94f, -0.09f}),
                    Tensor::from({4}, {0.3f, -0.44f, 0.35f, 0.18f}),
                    Tensor::from({4}, {-0.95f, 0.12f, -0.48f, -0.17f})},
         .outputs = {Tensor::from({1, 4, 3}, {-1.07351f, -0.857926f, -1.42384f, 0.380201f, -0.38064f, -0.38064f,
                                              -0.660588f, -0.504404f, -0.807011f, 0.0533996f, -0.358258f, 0.0684603f})},
         .opset = 21},
        {.op_type = "GroupNormalization",
         .attributes = {attribute("num_groups", int64_t(2))},
         .inputs = {Tensor::from({1, 4, 3}, {0.1f, 0.42f, -0.42f, 0.02f, 0.79f, 0.79f, -0.75f, -0.59f, -0.9f, -0.12f,
                                             -0.94f, -0.09f}),
                    Tensor::from({2}, {0.3f, -0.44f}), Tensor::from({2}, {-0.95f, 0.12f})},
         .outputs = {Tensor::from({1, 4, 3}, {-1.07675f, -0.855516f, -1.43625f, -1.13206f, -0.599716f, -0.599716f,
                                              0.356396f, 0.151945f, 0.548068f, -0.448628f, 0.599181f, -0.486963f})},
         .opset = 18},
        {.op_type = "LayerNormalization",
         .attributes = {attribute("axis", int64_t(1)), attribute("epsilon", 1e-2f)},
         .inputs = {Tensor::from({2, 3, 2}, {-0.43f, 0.39f, -0.12f, -0.69f, 0.09f, 0.56f, -0.39f, -0.56f, -0.22f, 0.87f,
                                             0.95f, 0.34f}),
                    Tensor::from({3, 2}, {0.81f, 0.69f, -0.24f, -0.82f, 0.31f, 0.12f})},
         .outputs = {Tensor::from({2, 3, 2}, {-0.717691f, 0.652467f, 0.0464612f, 1.20278f, 0.0854022f, 0.15904f,
                                              -0.744824f, -0.828824f, 0.15309f, -0.957808f, 0.403187f, 0.0347932f}),
                     Tensor::from({2, 1, 1}, {-0.0333333f, 0.165f}), Tensor::from({2, 1, 1}, {2.23371f, 1.65682f})},
         .opset = 17},
        {.op_type = "LpNormalization",
         .attributes = {attribute("p", int64_t(1))},
         .inputs = {Tensor::from({2, 3}, {0.0f, 0.0f, 0.0f, -0.06f, -0.46f, -0.42f})},
         .outputs = {Tensor::from({2, 3}, {0.0f, 0.0f, 0.0f, -0.0638298f, -0.489362f, -0.446809f})},
         .opset = 22},
        {.op_type = "Swish",
         .attributes = {attribute("alpha", 0.5f)},
         .inputs = {Tensor::from({2, 2}, {-0.08f, 0.72f, 0.17f, -0.43f})},
         .outputs = {Tensor::from({2, 2}, {-0.0392001f, 0.424109f, 0.0886103f, -0.191976f})},
         .opset = 24},
        {.op_type = "CenterCropPad",
         .attributes = {},
         .inputs = {Tensor::from({4, 3}, {-0.44f, -0.09f, -0.59f, -0.6f, 0.03f, -0.83f, -0.03f, -0.28f, 0.42f, 0.49f,
                                          0.38f, 0.38f}),
                    Tensor::from_integers({2}, {2, 6})},
         .outputs = {Tensor::from({2, 6},
                                  {0.0f, -0.6f, 0.03f, -0.83f, 0.0f, 0.0f, 0.0f, -0.03f, -0.28f, 0.42f, 0.0f, 0.0f})},
         .opset = 18},
        {.op_type = "Attention",
         .attributes = {attribute("q_num_heads", int64_t(4)), attribute("kv_num_heads", int64_t(2)),
                        attribute("qk_matmul_output_mode", int64_t(3))},
         .inputs = {Tensor::from({1, 2, 8}, {-0.25f, 0.34f, -0.32f, 0.15f, -0.35f, -0.11f, -0.88f, -0.51f, 0.94f,
                                             -0.54f, 0.38f, 0.3f, 0.45f, -0.05f, 0.19f, -0.87f}),
                    Tensor::from({1, 3, 4}, {-0.85f, -0.6f, -0.7f, -0.8f, -0.74f, 0.11f, -0.62f, 0.9f, 0.36f, 0.08f,
                                             0.41f, -0.47f}),
                    Tensor::from({1, 3, 4}, {0.85f, 0.68f, 0.45f, -0.04f, 0.68f, 0.49f, 0.32f, 0.83f, 0.27f, -0.27f,
                                             0.11f, -0.61f}),
                    booleans({2, 3}, {1, 0, 1, 0, 0, 0})},
         .outputs = {Tensor::from({1, 2, 8}, {0.567309f, 0.216971f, 0.589143f, 0.252734f, 0.305342f, -0.282515f,
                                              0.345296f, -0.215533f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f}),
                     missing(), missing(),
                     Tensor::from({1, 4, 2, 3}, {0.512601f, 0.0f, 0.487399f, 0.0f, 0.0f,      0.0f, 0.550246f, 0.0f,
                                                 0.449753f, 0.0f, 0.0f,      0.0f, 0.574535f, 0.0f, 0.425465f, 0.0f,
                                                 0.0f,      0.0f, 0.692047f, 0.0f, 0.307953f, 0.0f, 0.0f,      0.0f})},
         .opset = 23},
        {.op_type = "Attention",
         .attributes = {attribute("is_causal", int64_t(1)), attribute("softcap", 0.5f), attribute("scale", 0.75f)},
         .inputs = {Tensor::from({1, 1, 2, 2}, {-0.62f, 0.45f, 0.57f, 0.94f}),
                    Tensor::from({1, 1, 2, 2}, {0.7f, 0.09f, -0.82f, -0.02f}),
                    Tensor::from({1, 1, 2, 2}, {0.86f, 0.58f, -0.03f, -0.09f}),
                    Tensor::from({2, 3}, {0.5f, -INFINITY, 0.25f, 0.125f, 1.0f, 0.0f}),
                    Tensor::from({1, 1, 1, 2}, {-0.56f, -0.65f}), Tensor::from({1, 1, 1, 2}, {-0.85f, 0.78f})},
         .outputs = {Tensor::from({1, 1, 2, 2}, {-0.85f, 0.78f, 0.492856f, 0.513211f}),
                     Tensor::from({1, 1, 3, 2}, {-0.56f, -0.65f, 0.7f, 0.09f, -0.82f, -0.02f}),
                     Tensor::from({1, 1, 3, 2}, {-0.85f, 0.78f, 0.86f, 0.58f, -0.03f, -0.09f})},
         .opset = 24},
        {.op_type = "Attention",
         .attributes = {},
         .inputs = {Tensor::from({1, 1, 2, 2}, {-0.62f, 0.45f, 0.57f, 0.94f}),
                    Tensor::from({1, 1, 2, 2}, {0.7f, 0.09f, -0.82f, -0.02f}),
                    Tensor::from({1, 1, 2, 2}, {0.86f, 0.58f, -0.03f, -0.09f}), missing(), missing(), missing(),
                    Tensor::from_integers({1}, {1})},
         .outputs = {Tensor::from({1, 1, 2, 2}, {0.86f, 0.58f, 0.86f, 0.58f})},
         .opset = 24},
        {.op_type = "RotaryEmbedding",
         .attributes = {attribute("num_heads", int64_t(2))},
         .inputs = {Tensor::from({1, 2, 4}, {0.28f, -0.71f, -0.17f, -0.9f, -0.58f, 0.46f, 0.3f, -0.04f}),
                    Tensor::from({3, 1}, {-0.45f, 0.3f, 0.91f}), Tensor::from({3, 1}, {-0.13f, -0.86f, -0.88f}),
                    Tensor::from_integers({1, 2}, {2, 0})},
         .outputs = {Tensor::from({1, 2, 4},
                                  {-0.37f, -0.8925f, -0.9467f, -0.6694f, 0.3208f, -0.1316f, -0.1402f, -0.021f})},
         .opset = 23},
        {.op_type = "RotaryEmbedding",
         .attributes = {attribute("interleaved", int64_t(1)), attribute("rotary_embedding_dim", int64_t(4))},
         .inputs = {Tensor::from({1, 1, 2, 6}, {-0.83f, 0.92f, 0.08f, 0.67f, -0.66f, -0.48f, 0.38f, 0.79f, -0.32f,
                                                -0.87f, 0.73f, -0.42f}),
                    Tensor::from({1, 2, 2}, {0.48f, -0.68f, 0.39f, 0.68f}),
                    Tensor::from({1, 2, 2}, {0.45f, -0.28f, 0.45f, -0.72f})},
         .outputs = {Tensor::from({1, 1, 2, 6}, {-0.8124f, 0.0681f, 0.1332f, -0.478f, -0.66f, -0.48f, -0.2073f, 0.4791f,
                                                 -0.844f, -0.3612f, 0.73f, -0.42f})},
         .opset = 23},
        {.op_type = "SkipLayerNormalization",
         .attributes = {},
         .inputs = {Tensor::from({1, 2, 3}, {-0.37f, -0.16f, 0.75f, -0.69f, 0.76f, 0.6f}),
                    Tensor::from({1, 2, 3}, {0.94f, -0.26f, -0.59f, -0.52f, 0.66f, 0.93f}),
                    Tensor::from({3}, {0.4f, -0.04f, -0.43f}), Tensor::from({3}, {0.67f, 0.74f, -0.82f}),
                    Tensor::from({3}, {-0.57f, 0.66f, 0.7f})},
         .outputs = {Tensor::from({1, 2, 3}, {0.265222f, 0.753983f, -1.40546f, 0.104623f, 0.713348f, -1.14127f}),
                     missing(), missing(), Tensor::from({1, 2, 3}, {0.0f, 0.24f, 0.86f, -1.78f, 2.08f, 2.23f})},
         .opset = 17,
         .domain = "com.microsoft"},
        {.op_type = "SkipSimplifiedLayerNormalization",
         .attributes = {attribute("epsilon", 1e-2f)},
         .inputs = {Tensor::from({1, 2, 3}, {-0.37f, -0.16f, 0.75f, -0.69f, 0.76f, 0.6f}),
                    Tensor::from({1, 2, 3}, {0.94f, -0.26f, -0.59f, -0.52f, 0.66f, 0.93f}),
                    Tensor::from({3}, {0.4f, -0.04f, -0.43f})},
         .outputs = {Tensor::from({1, 2, 3}, {0.529184f, 0.0389925f, -0.159684f, -0.346558f, -0.0406705f, -0.471076f})},
         .opset = 17,
         .domain = "com.microsoft"},
        {.op_type = "BiasGelu",
         .attributes = {},
         .inputs = {Tensor::from({1, 2, 3}, {-0.37f, -0.16f, 0.75f, -0.69f, 0.76f, 0.6f}),
                    Tensor::from({3}, {-0.57f, 0.66f, 0.7f})},
         .outputs = {Tensor::from({1, 2, 3}, {-0.163192f, 0.345731f, 1.34338f, -0.130832f, 1.30952f, 1.17416f})},
         .opset = 17,
         .domain = "com.microsoft"},
        {.op_type = "FastGelu",
         .attributes = {},
         .inputs = {Tensor::from({1, 2, 3}, {-0.37f, -0.16f, 0.75f, -0.69f, 0.76f, 0.6f})},
         .outputs = {Tensor::from({1, 2, 3}, {-0.131611f, -0.0698307f, 0.579961f, -0.16917f, 0.589971f, 0.435415f})},
         .opset = 17,
         .domain = "com.microsoft"},
        {.op_type = "QuickGelu",
         .attributes = {},
         .inputs = {Tensor::from({1, 2, 3}, {-0.37f, -0.16f, 0.75f, -0.69f, 0.76f, 0.6f})},
         .outputs = {Tensor::from({1, 2, 3}, {-0.128601f, -0.069174f, 0.58639f, -0.162884f, 0.596404f, 0.441124f})},
         .opset = 17,
         .domain = "com.microsoft"},
        {.op_type = "FusedConv",
         .attributes = {attribute("activation", "Clip"),
                        attribute("activation_params", std::vector<float>{-0.25f, 0.5f})},
         .inputs = {Tensor::from({1, 2, 1, 2}, {-0.37f, -0.44f, -0.14f, 0.08f}),
                    Tensor::from({2, 2, 1, 1}, {-0.81f, 0.67f, 0.07f, 0.55f}), Tensor::from({2}, {-0.54f, 0.93f}),
                    Tensor::from({1, 2, 1, 2}, {0.5f, -0.31f, 0.9f, 0.4f})},
         .outputs = {Tensor::from({1, 2, 1, 2}, {0.1659f, -0.25f, 0.5f, 0.5f})},
         .opset = 17,
         .domain = "com.microsoft"},
        {.op_type = "FusedGemm",
         .attributes = {attribute("transA", int64_t(1)), attribute("alpha", 0.5f), attribute("activation", "LeakyRelu"),
                        attribute("activation_alpha", 0.125f)},
         .inputs = {Tensor::from({2, 3}, {0.68f, -0.91f, -0.89f, 0.49f, -0.39f, 0.03f}),
                    Tensor::from({2, 2}, {-0.69f, 0.96f, 0.01f, 0.66f})},
         .outputs = {Tensor::from({3, 2}, {-0.0290188f, 0.4881f, 0.312f, -0.0706875f, 0.3072f, -0.0521625f})},
         .opset = 17,
         .domain = "com.microsoft"},
        {.op_type = "FusedMatMul",
         .attributes = {attribute("transBatchA", int64_t(1)), attribute("transB", int64_t(1)),
                        attribute("alpha", 0.5f)},
         .inputs = {Tensor::from({2, 3, 2}, {-0.85f, -0.04f, -0.88f, 0.77f, -0.11f, -0.86f, -0.85f, 0.08f, -0.85f,
                                             -0.63f, -0.13f, -0.0f}),
                    Tensor::from({3, 2, 2}, {0.17f, 0.24f, -0.25f, 0.24f, -0.69f, -0.45f, 0.6f, -0.69f, -0.55f, -0.51f,
                                             -0.04f, -1.0f})},
         .outputs = {Tensor::from({3, 2, 2}, {-0.07705f, 0.10145f, -0.06265f, 0.11585f, 0.13035f, -0.52965f, 0.435f,
                                              -0.03765f, 0.24955f, 0.4322f, 0.03575f, 0.0026f})},
         .opset = 17,
         .domain = "com.microsoft"},
        {.op_type = "Scan",
         .attributes = {graph_attribute("body", summing_body()), attribute("num_scan_inputs", int64_t(2)),
                        attribute("scan_input_axes", Extents{-1, 0}), attribute("scan_input_directions", Extents{1, 0}),
                        attribute("scan_output_axes", Extents{-1}), attribute("scan_output_directions", Extents{1})},
         .inputs = {Tensor::from({2}, {10, 20}), Tensor::from({2, 3}, {1, 2, 3, 4, 5, 6}),
                    Tensor::from({3, 2}, {0.5f, 0, 1, 1, 0, 2})},
         .outputs = {Tensor::from({2}, {17.5f, 38}), Tensor::from({2, 3}, {17.5f, 16.5f, 13.5f, 38, 32, 26})},
         .opset = 11},
        {.op_type = "Scan",
         .attributes = {graph_attribute("body", summing_body()), attribute("num_scan_inputs", int64_t(2))},
         .inputs = {Tensor::from({2}, {10, 20}), Tensor::from({1, 2}, {1, 2}), Tensor::from({1, 2}, {3, 4})},
         .outputs = {Tensor::from({2}, {14, 26}), Tensor::from({1, 2}, {14, 26})},
         .opset = 9},
    };
    for (const Case& c : cases)
        check(c);
}

} // namespace vkseg::test::lowered_operators_test
