#include "support/bombs.hpp"

#include "support/onnx_writer.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace vkseg::test {
namespace {

using namespace onnx;
using Bombs = std::vector<Bomb>;

constexpr int64_t most = 2147483647; // values of a tensor
const std::string too_much = "raise it with --max-memory";

std::string numbered(const std::string& stem, int number)
{
    return stem + std::to_string(number);
}

Bomb listed(Bomb bomb, int max_lines)
{
    bomb.max_lines = max_lines;
    return bomb;
}

/// What `info` says without a device, and what `bench` does with one.
Bomb told(const std::string& name, const Model& model, const std::string& words = {})
{
    return {.name = name,
            .files = {{name + ".onnx", model.bytes()}},
            .arguments = "info " + name + ".onnx",
            .words = words};
}

Bomb tried(const std::string& name, const Model& model, const std::string& words, const std::string& options = {})
{
    return {.name = name,
            .files = {{name + ".onnx", model.bytes()}},
            .arguments = "bench --runs 1 --warmup 0 " + name + ".onnx" + (options.empty() ? "" : " " + options),
            .words = words};
}

Model without_input(Model model)
{
    model.inputs.clear();
    return model;
}

Model with_input(Model model, const Extents& extents, int64_t type = type_f32)
{
    model.inputs = {value_info("x", type, extents)};
    return model;
}

Bytes integers(const std::string& name, const Extents& values)
{
    return integer_tensor(name, {int64_t(values.size())}, values);
}

Bytes scalar(const std::string& name, float value)
{
    return float_tensor(name, {}, {value});
}

/// A constant "c" of so many zeros, made in the graph.
Bytes zeros(const std::string& output = "c", const std::string& shape = "shape")
{
    return node("ConstantOfShape", {shape}, {output}, {}, "zeros");
}

/// Constants that are computed while a network is planned.
Bombs folded_constants()
{
    const Bytes two = float_tensor("two", {2}, {1, 2});
    const auto alone = [](const std::vector<Bytes>& nodes, const std::vector<Bytes>& initializers)
    { return without_input(model_of(nodes, initializers)); };
    const auto range = [&](float start, float limit, float delta)
    {
        return alone({node("Range", {"a", "b", "d"}, {"y"}, {}, "n")},
                     {scalar("a", start), scalar("b", limit), scalar("d", delta)});
    };
    Model tiles = alone({}, {two, integers("twice", {2})});
    Model concats = alone({}, {two});
    for (int i = 0; i < 40; ++i)
    {
        const std::string from = i == 0 ? "two" : numbered("t", i);
        const std::string to = i == 39 ? "y" : numbered("t", i + 1);
        tiles.nodes.push_back(node("Tile", {from, "twice"}, {to}));
        concats.nodes.push_back(node("Concat", {from, from}, {to}, {attribute("axis", int64_t(0))}));
    }
    const auto pad = [&](const char* mode)
    {
        return alone({node("Pad", {"two", "pads"}, {"y"}, {attribute("mode", mode)}, "n")},
                     {two, integers("pads", {most / 2 - 1, most / 2 - 1})});
    };
    const Model fill = alone({node("ConstantOfShape", {"shape"}, {"y"}, {}, "n")}, {integers("shape", {most})});
    const Model expand =
        alone({node("Expand", {"two", "shape"}, {"y"}, {}, "n")}, {two, integers("shape", {32768, 32767, 2})});
    const Model outer = alone({node("Range", {"a", "b", "d"}, {"r"}), node("Unsqueeze", {"r", "axes"}, {"column"}),
                               node("Mul", {"r", "column"}, {"y"}, {}, "n")},
                              {scalar("a", 0), scalar("b", 46000), scalar("d", 1), integers("axes", {1})});
    Bombs result = {
        told("info_fill", fill),
        tried("fill", fill, too_much),
        told("fill_of_booleans",
             alone({node("ConstantOfShape", {"shape"}, {"c"},
                         {tensor_attribute("value", raw_tensor("", {1}, type_bool, std::string(1, '\1')))}, "n"),
                    node("Cast", {"c"}, {"y"}, {attribute("to", int64_t(type_f64))}, "n2")},
                   {integers("shape", {most})})),
        tried("fill_and_add",
              alone({zeros(), node("Add", {"c", "two"}, {"y"}, {}, "n")},
                    {two, integers("shape", {1000, 1000, 1000, 2})}),
              too_much),
        told("info_expand", expand),
        tried("expand", expand, too_much),
        told("expand_times_zero", alone({node("Expand", {"one", "shape"}, {"e"}, {}, "n"), node("Shape", {"e"}, {"y"})},
                                        {float_tensor("one", {1}, {1}), integers("shape", {0, most})})),
        told("range", range(0, 2e9f, 1), too_much),
        told("range_of_tiny_steps", range(0, 1, 1e-9f), too_much),
        told("range_to_nan", range(0, std::numeric_limits<float>::quiet_NaN(), 1), "?"),
        told("range_to_infinity", range(0, std::numeric_limits<float>::infinity(), 1), "node 'n' (Range)"),
        tried("tile", alone({node("Tile", {"two", "times"}, {"y"}, {}, "n")}, {two, integers("times", {most / 2})}),
              too_much),
        told("tile_forty_times", tiles, "(Tile)"),
        told("concat_forty_times", concats, "(Concat)"),
        told("info_pad_reflect", pad("reflect")),
        tried("pad_reflect", pad("reflect"), too_much),
        told("pad_edge", pad("edge")),
        tried("pad_constant", pad("constant"), too_much),
        told("info_outer_product", outer),
        tried("outer_product", outer, too_much),
        tried("gather",
              alone({zeros(), node("Cast", {"c"}, {"indices"}, {attribute("to", int64_t(type_i64))}),
                     node("Gather", {"two", "indices"}, {"y"}, {}, "n")},
                    {two, integers("shape", {1 << 30})}),
              too_much),
    };
    Model casts = alone({zeros("t0")}, {integers("shape", {1 << 20})});
    Model reductions = alone({zeros()}, {integers("shape", {1 << 23})});
    Model gathers =
        with_input(model_of({zeros("f", "shape"), node("Cast", {"f"}, {"i"}, {attribute("to", int64_t(type_i64))})},
                            {integers("shape", {1 << 22})}),
                   {4, 4});
    for (int i = 0; i < 5000; ++i)
    {
        casts.nodes.push_back(node("Sqrt", {numbered("t", i)}, {i == 4999 ? "y" : numbered("t", i + 1)}));
        reductions.nodes.push_back(
            node("ReduceSum", {"c"}, {i == 0 ? "y" : numbered("t", i)}, {attribute("keepdims", int64_t(1))}));
        gathers.nodes.push_back(node("Gather", {"x", "i"}, {i == 0 ? "y" : numbered("t", i)}));
    }
    result.push_back(told("five_thousand_roots", casts));
    result.push_back(told("five_thousand_sums", reductions));
    result.push_back(told("five_thousand_gathers", gathers, too_much));
    return result;
}

/// Weights that are used again and again, and grow when they are packed.
Bombs weights()
{
    const auto noise = [](size_t bytes) { return std::string(bytes, '\x2c'); }; // halves of 0.06
    const auto shared =
        [&](int count, const Extents& kernel, int64_t type, size_t bytes, const Extents& x, bool normalises)
    {
        Model model = with_input(model_of({}, {raw_tensor("w", kernel, type, noise(bytes))}), x);
        if (normalises)
            model.initializers.push_back(raw_tensor("b", {kernel[0]}, type_f32, noise(size_t(kernel[0]) * 4)));
        for (int i = 0; i < count; ++i)
        {
            const std::string y = i == 0 ? "y" : numbered("y", i);
            model.nodes.push_back(node("Conv", {"x", "w"}, {normalises ? numbered("c", i) : y}));
            if (normalises)
                model.nodes.push_back(node("BatchNormalization", {numbered("c", i), "b", "b", "b", "b"}, {y}));
            if (i > 0)
                model.outputs.push_back(value_info(y, type_f32, {}));
        }
        return model;
    };
    const Model normalised = shared(3000, {256, 128, 3, 3}, type_f16, 589824, {1, 128, 3, 3}, true);
    const Model plain = shared(10000, {128, 64, 3, 3}, type_f16, 147456, {1, 64, 3, 3}, false);
    const Model column = shared(8000, {60000, 1, 1, 1}, type_f16, 120000, {1, 1, 1, 1}, false);
    const Model long_sums = shared(3000, {1, 29000, 3, 3}, type_f16, 522000, {1, 29000, 3, 3}, false);
    const Model winograd = shared(4000, {64, 64, 3, 3}, type_f16, 73728, {1, 64, 34, 34}, false);
    Model open = model_of({node("Conv", {"x", "w"}, {"y"}, {}, "n")});
    open.inputs = {value_info("x", type_f32, {1, 8192, 1, 1}), value_info("w", type_f32, {65536, 8192, 1, 1})};
    Model itself = model_of({node("Relu", {"x"}, {"y"})});
    for (int i = 0; i < 5000; ++i)
    {
        const External all = {.location = "external_itself.onnx", .offset = "0", .length = "200000"};
        itself.initializers.push_back(external_tensor(numbered("w", i), {50000}, type_f32, all));
    }
    return {
        told("info_shared_and_normalised", normalised),
        tried("shared_and_normalised", normalised, too_much),
        told("info_shared", plain),
        tried("shared", plain, too_much),
        tried("columns_of_weights", column, too_much),
        told("info_long_sums", long_sums),
        tried("long_sums", long_sums, too_much),
        tried("winograd", winograd, too_much),
        told("open_weights", open, "--max-memory"),
        tried("computed_weights",
              with_input(model_of({zeros("w"), node("Conv", {"x", "w"}, {"y"}, {}, "n")},
                                  {integers("shape", {65536, 8192, 1, 1})}),
                         {1, 8192, 1, 1}),
              "node 'zeros' (Expand)"),
        told("external_itself", itself, "'external_itself.onnx'"),
    };
}

/// Tensors that a device would hold.
Bombs activations()
{
    const auto one = [](const Bytes& only, const std::vector<Bytes>& initializers, const Extents& x = {1, 1, 2, 2})
    { return with_input(model_of({only}, initializers), x); };
    const Bytes kernel = float_tensor("w", {1, 1, 1, 1}, {1});
    const auto resize = [&](const Extents& x, const Extents& sizes, const char* mode = "cubic") {
        return one(node("Resize", {"x", "", "", "s"}, {"y"}, {attribute("mode", mode)}, "n"), {integers("s", sizes)},
                   x);
    };
    const Model wide = resize({1, 1, 1, 2}, {1, 1, 1, 1 << 24});
    const Model phases =
        one(node("ConvTranspose", {"x", "w"}, {"y"}, {attribute("strides", Extents{64, 64})}, "n"), {kernel});
    Model many_phases = with_input(model_of({}, {float_tensor("w", {1, 1, 1, 1}, {1})}), {1, 1, 2, 2});
    Model many_resizes = with_input(model_of({}, {integers("s", {1, 1, 1, 1 << 20})}), {1, 1, 1, 2});
    for (int i = 0; i < 5000; ++i)
    {
        const std::string y = i == 0 ? "y" : numbered("y", i);
        if (i > 0)
        {
            many_phases.outputs.push_back(value_info(y, type_f32, {}));
            many_resizes.outputs.push_back(value_info(y, type_f32, {}));
        }
        many_phases.nodes.push_back(
            node("ConvTranspose", {"x", "w"}, {y}, {attribute("strides", Extents{64, 64})}, numbered("n", i)));
        many_resizes.nodes.push_back(node("Resize", {"x", "", "", "s"}, {y}, {attribute("mode", "linear")}));
    }
    const Model no_values = with_input(
        model_of({node("MatMul", {"x", "w"}, {"y"}, {}, "n")}, {float_tensor("w", {0, 1}, {})}), {1 << 30, 0});
    Model scaled = with_input(model_of({node("LpNormalization", {"x"}, {"y0"}, {})}, {scalar("c", 2)}), {1, 65536});
    for (int i = 0; i < 10000; ++i)
        scaled.nodes.push_back(node("Mul", {numbered("y", i), "c"}, {i == 9999 ? "y" : numbered("y", i + 1)}, {}));
    const Extents large = {1, 3, 16384, 16384};
    const Model relu = with_input(model_of({node("Relu", {"x"}, {"y"}, {}, "n")}), large);
    const Model open = with_input(model_of({node("Relu", {"x"}, {"y"}, {}, "n")}), {1, 3, -1, -1});
    return {
        told("zeros_for_no_values", no_values, too_much),
        told("info_normalised_and_scaled", scaled),
        told("info_resize", wide),
        listed(tried("resize", wide, "node 'n' (Resize)"), 2),
        tried("resize_batch", resize({1, 1, 1, 2}, {1 << 24, 1, 1, 2}), "only spatial axes"),
        tried("resize_volume", resize({1, 1, 2, 2, 2}, {1, 1, 1024, 1024, 1024}, "linear"), too_much),
        tried("resize_beyond", resize({1, 1, 2, 2}, {1, 1, 1 << 30, 1 << 30}), "node 'n' (Resize)"),
        told("five_thousand_resizes", many_resizes),
        told("phases", phases),
        tried("phases_of_phases", many_phases, "(ConvTranspose)"),
        tried(
            "transposed_stride",
            one(node("ConvTranspose", {"x", "w"}, {"y"}, {attribute("strides", Extents{30000, 30000})}, "n"), {kernel}),
            "node 'n' (ConvTranspose)"),
        tried("transposed_shape",
              one(node("ConvTranspose", {"x", "w"}, {"y"},
                       {attribute("output_shape", Extents{30000, 30000}), attribute("strides", Extents{2, 2})}, "n"),
                  {kernel}),
              "?"),
        tried("conv_pads",
              one(node("Conv", {"x", "w"}, {"y"}, {attribute("pads", Extents{20000, 20000, 20000, 20000})}, "n"),
                  {kernel}),
              too_much),
        tried("conv_channels",
              one(node("Conv", {"x", "w"}, {"y"}, {}, "n"),
                  {raw_tensor("w", {100000, 1, 1, 1}, type_f16, std::string(200000, 'a'))}, {1, 1, 100, 100}),
              too_much),
        tried("pool_pads",
              one(node("MaxPool", {"x"}, {"y"},
                       {attribute("kernel_shape", Extents{20001, 20001}),
                        attribute("pads", Extents{20000, 20000, 20000, 20000})},
                       "n"),
                  {}),
              "node 'n' (MaxPool)"),
        tried("pad_on_device",
              one(node("Pad", {"x", "p"}, {"y"}, {}, "n"), {integers("p", {0, 0, 15000, 15000, 0, 0, 15000, 15000})}),
              too_much),
        tried("expand_on_device",
              one(node("Expand", {"x", "s"}, {"y"}, {}, "n"), {integers("s", {20000, 20000, 2, 2})}), too_much),
        tried("tile_on_device", one(node("Tile", {"x", "s"}, {"y"}, {}, "n"), {integers("s", {1, 1, 20000, 20000})}),
              too_much),
        tried("matmul",
              one(node("MatMul", {"x", "r"}, {"y"}, {}, "n"),
                  {raw_tensor("r", {1, 60000}, type_f16, std::string(120000, 'a'))}, {30000, 1}),
              too_much),
        tried("gather_on_device",
              with_input(model_of({zeros(), node("Cast", {"c"}, {"i"}, {attribute("to", int64_t(type_i64))}),
                                   node("Gather", {"x", "i"}, {"y"}, {}, "n")},
                                  {integers("shape", {4096})}),
                         {4, 100000}),
              too_much),
        told("info_large_input", relu),
        tried("large_input", relu, "input 'x'"),
        tried("larger_input_than_possible", open, "input 'x'", "--shape 1x3x100000x100000"),
        tried("large_open_input", open, "input 'x'", "--shape 1x3x20000x20000"),
        tried(
            "batches_of_indices",
            with_input(model_of({node("MaxPool", {"x"}, {"v", "y"}, {attribute("kernel_shape", Extents{1, 1})}, "n")}),
                       {1 << 22, 1, 1, 1}),
            "node 'n' (MaxPool)"),
        tried(
            "batches_of_volumes",
            with_input(model_of({node("Conv", {"x", "w"}, {"y"}, {attribute("pads", Extents{1, 1, 1, 1, 1, 1})}, "n")},
                                {raw_tensor("w", {1, 1, 3, 3, 3}, type_f32, std::string(108, 'a'))}),
                       {1 << 20, 1, 2, 1, 1}),
            "node 'n' (Conv)"),
        told("batches_of_planes",
             with_input(model_of({node("Conv", {"x", "w"}, {"y"}, {attribute("pads", Extents{1, 1, 1, 1})}, "n")},
                                 {raw_tensor("w", {64, 64, 3, 3}, type_f16, std::string(73728, 'a'))}),
                        {1 << 16, 64, 8, 8})),
    };
}

/// Many parts, of which a megabyte holds tens of thousands.
Bombs structures()
{
    constexpr int count = 40000;
    const auto chain = [](const char* op, int64_t type)
    {
        Model model = with_input(model_of({}), {1, 4}, type);
        for (int i = 0; i < count; ++i)
            model.nodes.push_back(
                node(op, {i == 0 ? "x" : numbered("", i)}, {i == count - 1 ? "y" : numbered("", i + 1)}));
        return model;
    };
    Model backwards = chain("Relu", type_f32);
    std::reverse(backwards.nodes.begin(), backwards.nodes.end());
    Model cycle = chain("Relu", type_f32);
    cycle.nodes.front() = node("Add", {"x", "y"}, {"1"}, {}, "first");
    Model star = with_input(model_of({}), {1, 4});
    Model unknown = star;
    Model inputs = star;
    Names terms;
    for (int i = 0; i < 25000; ++i)
    {
        const std::string y = i == 0 ? "y" : numbered("", i);
        star.nodes.push_back(node("Relu", {"x"}, {y}));
        unknown.nodes.push_back(node("Quux", {"x"}, {y}));
        if (i > 0)
            star.outputs.push_back(value_info(y, type_f32, {}));
        inputs.inputs.push_back(value_info(numbered("i", i), type_f32, {1}));
        terms.push_back(numbered("i", i));
    }
    inputs.nodes = {node("Concat", terms, {"y"}, {attribute("axis", int64_t(0))}, "n")};
    Model stars = with_input(model_of({}), {1, 4});
    stars.nodes = star.nodes;
    stars.nodes.front() = node("Relu", {"x"}, {"0"});
    Names parts;
    for (int i = 0; i < 25000; ++i)
        parts.push_back(numbered("", i));
    stars.nodes.push_back(node("Concat", parts, {"y"}, {attribute("axis", int64_t(1))}, "n"));
    Model wide = model_of({node("Concat", Names(300000, "x"), {"y"}, {attribute("axis", int64_t(0))}, "n")});
    const std::string long_name(500000, 'n');
    Model named = model_of({node("Relu", {long_name}, {"y"})}, {float_tensor(long_name, {1}, {1})});
    std::vector<Bytes> attributes;
    for (int i = 0; i < 60000; ++i)
        attributes.push_back(attribute(numbered("a", i), int64_t(i)));
    Model failing = with_input(model_of({}), {1, 4});
    Model ranks = with_input(model_of({}, {float_tensor("c", {4}, {1, 2, 3, 4})}), {1, 1, 1, 4});
    for (int i = 0; i < 20000; ++i)
    {
        failing.nodes.push_back(node("Reshape", {"x", "x"}, {i == 0 ? "y" : numbered("", i)}));
        ranks.nodes.push_back(
            node("PRelu", {i == 0 ? "x" : numbered("", i), "c"}, {i == 19999 ? "y" : numbered("", i + 1)}));
    }
    Model constants = model_of({node("Relu", {"x"}, {"y"})});
    Model notes = constants;
    for (int i = 0; i < 40000; ++i)
    {
        constants.initializers.push_back(float_tensor(numbered("c", i), {1}, {1}));
        notes.metadata.emplace_back(numbered("k", i), "v");
    }
    Model split = with_input(model_of({}), {60000, 4});
    Names outputs = {"y"};
    for (int i = 1; i < 60000; ++i)
        outputs.push_back(numbered("", i));
    split.nodes = {node("Split", {"x"}, outputs, {}, "n")};
    for (int i = 1; i < 20000; ++i)
        split.outputs.push_back(value_info(numbered("", i), type_f32, {}));
    const auto listing = [](int inserts)
    {
        Model model = model_of({node("SequenceEmpty", {}, {"0"})});
        for (int i = 0; i < inserts; ++i)
            model.nodes.push_back(node("SequenceInsert", {numbered("", i), "x"}, {numbered("", i + 1)}));
        model.nodes.push_back(node("SequenceLength", {numbered("", inserts)}, {"y"}));
        return model;
    };
    Model appending = model_of({node("SequenceInsert", {"list", "x"}, {"longer"}), node("Identity", {"c"}, {"d"})});
    appending.inputs = {value_info("turn", type_i64, {}), value_info("c", type_bool, {}),
                        Message().text(1, "list").bytes()};
    appending.outputs = {value_info("d", type_bool, {}), Message().text(1, "longer").bytes()};
    const Bytes body = graph_attribute("body", appending.graph());
    const Model loop = model_of({node("SequenceEmpty", {}, {"s"}), node("Loop", {"", "", "s"}, {"l"}, {body}, "n"),
                                 node("SequenceLength", {"l"}, {"y"})});
    return {
        told("list_of_5000", listing(5000)),
        told("list_of_20000", listing(20000), too_much),
        told("list_without_end", loop, too_much),
        told("chain", chain("Relu", type_f32)),
        told("chain_of_integers", chain("Neg", type_i32)),
        told("backwards", backwards),
        told("cycle", cycle, "in a cycle: node 'first' (Add)"),
        told("star", star),
        told("star_into_one", stars),
        told("many_inputs", inputs),
        listed(told("unknown_operators", unknown, "25000 parts of the network"), 52),
        told("wide_concat", wide, "node 'n' (Concat)"),
        told("long_name", named, "a name of at most 4096 bytes"),
        told("many_attributes", model_of({node("Relu", {"x"}, {"y"}, attributes, "n")}), "node 'n' (Relu)"),
        told("failing_nodes", failing, "?"),
        told("aligned_ranks", ranks),
        told("many_constants", constants),
        told("many_notes", notes),
        told("many_parts", split),
    };
}

/// Other files, and text.
Bombs others()
{
    const Bytes relu = model_of({node("Relu", {"x"}, {"y"}, {}, "n")}).bytes();
    const auto npy = [](const std::string& shape)
    {
        std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
        header.resize(118, ' ');
        return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header;
    };
    const auto with_npy = [&](const std::string& name, const std::string& shape)
    {
        return Bomb{.name = name,
                    .files = {{name + ".onnx", relu}, {name + ".npy", npy(shape)}},
                    .arguments = "run " + name + ".onnx " + name + ".npy",
                    .words = name + ".npy"};
    };
    const auto tensors = [](const std::string& header)
    {
        std::string length(8, '\0');
        for (size_t i = 0; i < 8; ++i)
            length[i] = char(header.size() >> (8 * i) & 0xff);
        return length + header;
    };
    const auto weights_of = [&](const std::string& name, const std::string& bytes)
    {
        return Bomb{.name = name,
                    .files = {{name + ".safetensors", bytes}},
                    .arguments = "info zoo:unet --weights " + name + ".safetensors",
                    .words = name + ".safetensors"};
    };
    std::string many = "{";
    for (int i = 0; i < 15000; ++i)
        many += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
    const auto zoo = [](const std::string& name, const std::string& text, const std::string& words)
    { return Bomb{.name = name, .files = {}, .arguments = "info zoo:" + text, .words = words}; };
    const Bytes open = with_input(model_of({node("Relu", {"x"}, {"y"}, {}, "n")}), {1, 3, -1, -1}).bytes();
    const std::string pixel = "P6 1 1 255\nabc"; // portable pixmap
    const auto described = [&](const std::string& name, const std::string& json, const std::string& words)
    {
        return Bomb{.name = name,
                    .files = {{name + ".onnx", open}, {name + ".json", json}, {name + ".ppm", pixel}},
                    .arguments = "segment " + name + ".onnx " + name + ".ppm -o " + name,
                    .words = words};
    };
    std::string tga = {0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff', '\xff', '\xff', 24, 0};
    tga += std::string(80, '\xff');
    return {
        with_npy("npy_of_terabytes", "(1048576, 1048576, 1048576)"),
        with_npy("npy_of_gigabytes", "(1, 3, 16384, 16384)"),
        weights_of("safetensors_of_terabytes",
                   tensors(R"({"t":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}})")),
        weights_of(
            "safetensors_twice",
            tensors(
                R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})") +
                "1234"),
        weights_of("safetensors_header", tensors("{}").replace(0, 8, std::string(7, '\xff') + "\x7f")),
        listed(weights_of("safetensors_of_nothing", tensors(many + "}")), 5),
        zoo("zoo_width", "unet:width=1e9", "width"),
        zoo("zoo_width_16", "fcn-32s:width=16", "weights"),
        zoo("zoo_classes", "unet:classes=1000000000", "classes"),
        zoo("zoo_input", "unet:input=1x3x100000x100000", "?"),
        described("description_size", R"({"input": {"size": [1000000, 1000000]}})", "?"),
        described("description_size_of_gigabytes", R"({"input": {"size": [16384, 16384]}})", too_much),
        described("description_multiple", R"({"input": {"multiple_of": 1000000000}})", "?"),
        described("description_iterations",
                  R"({"input": {"size": [64, 64]}, "output": {"crf": {"iterations": 1000000000}}})", "?"),
        {.name = "picture",
         .files = {{"picture.onnx", open}, {"picture.json", "{}"}, {"picture.tga", tga}},
         .arguments = "segment picture.onnx picture.tga -o picture",
         .words = "picture.tga"},
    };
}

} // namespace

std::vector<Bomb> bombs()
{
    Bombs all;
    for (Bombs part : {folded_constants(), weights(), activations(), structures(), others()})
        all.insert(all.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
    return all;
}

} // namespace vkseg::test
