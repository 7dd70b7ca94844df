#include "support/malformed_models.hpp"

#include "support/onnx_writer.hpp"

#include <iterator>

namespace vkseg::test {
namespace {

using namespace onnx;
using Models = std::vector<MalformedModel>;

Bytes relu(const std::string& input = "x", const std::string& output = "y", const std::string& name = {})
{
    return node("Relu", {input}, {output}, {}, name);
}

/// Files that are no protocol buffer messages, or whose fields have other types than ONNX's.
Models damaged_files()
{
    const Bytes good = model_of({relu()}).bytes();
    const Bytes graph = model_of({relu()}).graph();
    const auto with_graph = [](const Bytes& fields)
    {
        Model model = model_of({relu()});
        model.more_of_graph = fields;
        return model.bytes();
    };
    Bytes many_nodes;
    for (int i = 0; i <= 1 << 20; ++i)
        many_nodes += {'\x0a', '\0'};
    return {
        {"empty_file", "", "the file is empty"},
        {"text_file", "this is not a model\n", "not a valid ONNX file"},
        {"cut_in_graph", good.substr(0, good.size() / 2), "is the file cut short?"},
        {"cut_at_end", good.substr(0, good.size() - 1), "is the file cut short?"},
        {"no_graph", Message().integer(1, 8).bytes(), "there is no graph"},
        {"graph_as_integer", Message().integer(1, 8).integer(7, 5).bytes(), "expected wire type 2, got 0"},
        {"version_as_text", Message().text(1, "8").text(7, graph).bytes(), "field 1: expected wire type 0, got 2"},
        {"node_longer_than_graph", with_graph("\x0a\x7f"), "graph 0, node 1: it ends in the middle"},
        {"length_of_4_gigabytes", with_graph("\x0a\xff\xff\xff\xff\x0f"), "it ends in the middle"},
        {"group_wire_type", with_graph("\x0b"), "unknown wire type"},
        {"field_number_0", with_graph(std::string("\x02\x00", 2)), "invalid number"},
        {"endless_varint", with_graph("\x98\x06\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "more than 10 bytes"},
        {"node_name_as_integer", model_of({Message().integer(3, 5).bytes()}).bytes(), "field 3: expected wire type 2"},
        {"odd_list_of_floats",
         model_of({relu()}, {Message().integers(1, {1}).integer(2, 1).text(4, "abc").text(8, "w").bytes()}).bytes(),
         "graph 0, initializer 0: a list's length"},
        {"a_million_nodes", with_graph(many_nodes), "more than 1048576 parts"},
    };
}

/// Graphs that contradict themselves.
Models contradictions()
{
    Model no_outputs = model_of({relu()});
    no_outputs.outputs.clear();
    Model two_inputs = model_of({relu()});
    two_inputs.inputs.push_back(two_inputs.inputs[0]);
    Model two_outputs = model_of({relu()});
    two_outputs.outputs.push_back(two_outputs.outputs[0]);
    Model nameless_input = model_of({relu()});
    nameless_input.inputs.push_back(value_info("", type_f32, {1}));
    const Bytes w = float_tensor("w", {1}, {1});
    return {
        {"no_outputs", no_outputs.bytes(), "the graph has no outputs"},
        {"no_opset", model_of({relu()}, {}, 0).bytes(), "opset_import"},
        {"missing_input", model_of({relu("nowhere", "y", "r")}).bytes(),
         "node 'r' (Relu): input 0 'nowhere' is not computed by any node"},
        {"missing_output", model_of({relu("x", "z")}).bytes(), "output 'y' is not computed by any node"},
        {"cycle_of_two",
         model_of({node("Add", {"x", "b"}, {"a"}, {}, "first"), relu("a", "b", "second"), relu("b", "y", "third")})
             .bytes(),
         "in a cycle: node 'first' (Add), node 'second' (Relu)"},
        {"cycle_of_one", model_of({node("Add", {"x", "y"}, {"y"}, {}, "loop")}).bytes(),
         "in a cycle: node 'loop' (Add)"},
        {"value_computed_twice", model_of({relu("x", "y", "one"), relu("x", "y", "two")}).bytes(),
         "value 'y' is defined twice: by node 'one' (Relu) and by node 'two' (Relu)"},
        {"value_computed_and_given", model_of({relu("x", "w"), relu("w", "y")}, {w}).bytes(),
         "value 'w' is defined twice: by the graph's inputs and initializers and by node 'w' (Relu)"},
        {"two_inputs_of_one_name", two_inputs.bytes(), "value 'x' is defined twice"},
        {"two_initializers_of_one_name", model_of({relu()}, {w, w}).bytes(), "value 'w' is defined twice"},
        {"output_listed_twice", two_outputs.bytes(), "output 'y' is listed twice"},
        {"nameless_initializer", model_of({relu()}, {float_tensor("", {1}, {1})}).bytes(),
         "an initializer has no name"},
        {"nameless_input", nameless_input.bytes(), "an input of the graph has no name"},
        {"escape_sequence_in_name", model_of({relu("no\x1b[31m\xff", "y")}).bytes(), "'no\\x1b[31m\\xff'"},
    };
}

/// Tensors and inputs whose type, shape and data do not agree.
Models bad_tensors()
{
    const auto with = [](const Bytes& initializer) { return model_of({relu()}, {initializer}).bytes(); };
    const auto with_input = [](const Bytes& input)
    {
        Model model = model_of({relu()});
        model.inputs.push_back(input);
        return model.bytes();
    };
    const auto with_output = [](const Bytes& output)
    {
        Model model = model_of({relu(), node("SequenceConstruct", {"y"}, {"s"})});
        model.outputs.push_back(output);
        return model.bytes();
    };
    const int64_t huge = int64_t(1) << 40;
    const Bytes bytes_of_300 = Message().integers(1, {1}).integer(2, type_u8).integers(5, {300}).text(8, "w").bytes();
    const Bytes sequence = Message().text(1, "s").text(2, Message().text(4, "").bytes()).bytes();
    const auto external = [&](const External& data) { return with(external_tensor("w", {4}, type_f32, data)); };
    return {
        {"negative_extent", with(float_tensor("w", {2, -3}, {})), "tensor 'w': extent -3 is negative"},
        {"unknown_extent", with(float_tensor("w", {-1}, {})), "tensor 'w': extent -1 is negative"},
        {"overflowing_shape", with(float_tensor("w", {huge, huge}, {})), "has too many elements"},
        {"overflow_behind_zero", with(float_tensor("w", {0, huge, huge}, {})), "has too many elements"},
        {"most_negative_extent", with(float_tensor("w", {INT64_MIN}, {})), "is negative"},
        {"a_terabyte_of_nothing", with(float_tensor("w", {huge}, {})), "needs 4398046511104 bytes of data, got 0"},
        {"raw_data_too_short", with(raw_tensor("w", {2, 2}, type_f32, "0123456789")),
         "tensor 'w': shape 2x2 of f32 needs 16 bytes of data, got 10"},
        {"raw_data_too_long", with(raw_tensor("w", {}, type_i64, "0123456789")), "needs 8 bytes of data, got 10"},
        {"typed_data_too_short", with(float_tensor("w", {3}, {1, 2})), "needs 12 bytes of data, got 8"},
        {"data_in_the_wrong_field", with(Message().integers(1, {1}).integer(2, type_f64).reals(4, {1}).bytes()),
         "an initializer has no name"},
        {"no_element_type", with(raw_tensor("w", {1}, 0, "")), "element type 0 does not exist"},
        {"unknown_element_type", with(raw_tensor("w", {1}, 99, "")), "element type 99 does not exist"},
        {"string_tensor", with(raw_tensor("w", {1}, type_string, "")), "element type string is not supported"},
        {"byte_of_300", with(bytes_of_300), "value 300 does not fit type u8"},
        {"boolean_of_2", with(raw_tensor("w", {1}, type_bool, "\x02")), "neither 0 nor 1"},
        {"tensor_of_rank_9", with(float_tensor("w", {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1})), "rank 9 is not supported"},
        {"input_of_rank_9", with_input(value_info("z", type_f32, {1, 1, 1, 1, 1, 1, 1, 1, 1})), "input 'z': rank 9"},
        {"input_of_negative_extent", with_input(value_info("z", type_f32, {1, -5})), "extent -5"},
        {"input_too_large", with_input(value_info("z", type_f32, {huge, huge})), "input 'z': shape"},
        {"input_of_type_uint16", with_input(value_info("z", type_u16, {1})), "input 'z': element type uint16"},
        {"output_that_is_a_sequence", with_output(sequence), "output 's': expected a tensor, got a sequence"},
        {"input_that_is_a_sequence", with_input(sequence), "input 's': expected a tensor, got a sequence"},
        {"input_without_type", with_input(Message().text(1, "z").bytes()), "input 'z': expected a tensor, got no type"},
        {"sparse_initializer",
         []
         {
             Model model = model_of({relu()});
             model.more_of_graph = Message().text(15, "").bytes();
             return model.bytes();
         }(),
         "sparse initializers are not supported"},
        {"external_absolute", external({.location = "/etc/passwd"}), "'/etc/passwd' is not a file in the model's"},
        {"external_above", external({.location = "a/../../secret"}), "is not a file in the model's directory"},
        {"external_nowhere", external({.location = ""}), "location '' is not a file in the model's directory"},
        {"external_missing", external({.location = "no_such_file.bin"}), "location 'no_such_file.bin': No such file"},
        {"external_bad_offset", external({.location = "a", .offset = "12abc"}),
         "offset: expected a number of bytes, got '12abc'"},
        {"external_negative_length", external({.location = "a", .length = "-1"}),
         "length: expected a number of bytes, got '-1'"},
    };
}

/// Nodes that do not keep to their operator's definition.
Models bad_nodes()
{
    const Bytes w = float_tensor("w", {3, 3, 1, 1}, {1, 0, 0, 0, 1, 0, 0, 0, 1});
    const auto one = [](const std::string& op_type, const Names& inputs, const std::vector<Bytes>& attributes,
                        const std::vector<Bytes>& initializers = {}, int64_t opset = 17)
    { return model_of({node(op_type, inputs, {"y"}, attributes, "n")}, initializers, opset).bytes(); };
    const Bytes axes = integer_tensor("axes", {1}, {0});
    const auto scan = [&](int64_t inputs, std::vector<Bytes> attributes = {})
    {
        attributes.push_back(graph_attribute("body", model_of({relu()}).graph()));
        attributes.push_back(attribute("num_scan_inputs", inputs));
        return one("Scan", {"x"}, attributes);
    };
    return {
        {"unknown_attribute", one("Relu", {"x"}, {attribute("slope", 0.5f)}),
         "node 'n' (Relu): attribute 'slope' is not known"},
        {"attribute_given_twice", one("Concat", {"x"}, {attribute("axis", int64_t(1)), attribute("axis", int64_t(2))}),
         "attribute 'axis' is not known"},
        {"attribute_of_wrong_type", one("Concat", {"x"}, {attribute("axis", 1.0f)}),
         "node 'n' (Concat): attribute 'axis': expected an integer, got a float"},
        {"missing_attribute", one("Concat", {"x"}, {}), "node 'n' (Concat): attribute 'axis' is missing"},
        {"pool_without_kernel", one("MaxPool", {"x"}, {}), "attribute 'kernel_shape' is missing"},
        {"too_few_inputs", one("Conv", {"x"}, {}), "node 'n' (Conv): expected at least 2 inputs, got 1"},
        {"too_many_inputs", one("Relu", {"x", "x"}, {}), "node 'n' (Relu): expected at most 1 input, got 2"},
        {"left_out_input", one("Add", {"", "x"}, {}), "node 'n' (Add): input 0 is missing"},
        {"node_without_outputs", model_of({relu(), node("Relu", {"x"}, {}, {}, "n")}).bytes(), "at least 1 output"},
        {"too_many_outputs", model_of({node("Relu", {"x"}, {"y", "z"}, {}, "n")}).bytes(), "at most 1 output, got 2"},
        {"flag_of_7", one("ReduceMean", {"x"}, {attribute("keepdims", int64_t(7))}),
         "attribute 'keepdims': value '7' is not supported"},
        {"unknown_resize_mode", one("Resize", {"x", "", "axes"}, {attribute("mode", "lanczos")}, {axes}),
         "attribute 'mode': value 'lanczos' is not supported"},
        {"resize_without_size", one("Resize", {"x"}, {}), "input 'scales' or 'sizes' is needed"},
        {"upsample_without_scales", one("Upsample", {"x"}, {}, {}, 9), "input 'scales' is missing"},
        {"slice_without_starts", one("Slice", {"x"}, {}), "inputs 'starts' and 'ends' are needed"},
        {"pad_without_pads", one("Pad", {"x"}, {}), "input 'pads' is missing"},
        {"pad_by_magic", one("Pad", {"x", "axes"}, {attribute("mode", "magic")}, {axes}), "value 'magic'"},
        {"constant_without_value", one("Constant", {}, {}), "attribute 'value' is missing"},
        {"constant_of_text", one("Constant", {}, {attribute("value_string", "a")}), "'value_string' is not supported"},
        {"constant_of_bad_tensor", one("Constant", {}, {tensor_attribute("value", float_tensor("", {5}, {1}))}),
         "attribute 'value': tensor '': shape 5 of f32 needs 20 bytes"},
        {"fill_of_two_values",
         one("ConstantOfShape", {"axes"}, {tensor_attribute("value", float_tensor("", {2}, {1, 2}))}, {axes}),
         "expected one element, got shape 2"},
        {"cast_to_string", one("Cast", {"x"}, {attribute("to", int64_t(type_string))}), "element type string"},
        {"cast_to_nothing", one("Cast", {"x"}, {}), "attribute 'to' is missing"},
        {"split_in_the_wrong_number", one("Split", {"x"}, {attribute("num_outputs", int64_t(3))}, {}, 18),
         "'num_outputs' is 3, but the node has 1 output"},
        {"axes_before_their_time", one("Squeeze", {"x", "axes"}, {}, {axes}, 11), "as an attribute before opset 13"},
        {"scan_without_slices", scan(0), "attribute 'num_scan_inputs': expected 1 to 1, got 0"},
        {"scan_of_two_directions", scan(1, {attribute("scan_input_directions", Extents{0, 1})}),
         "attribute 'scan_input_directions': expected 1 integer, got 2"},
        {"scan_in_direction_2", scan(1, {attribute("scan_output_directions", Extents{2})}),
         "attribute 'scan_output_directions': expected 0 (forward) or 1 (backward)"},
        {"sequence_map_with_missing_input",
         one("SequenceMap", {"x", "", "x"}, {graph_attribute("body", model_of({relu()}).graph())}),
         "input 1 is missing"},
        {"sequence_without_axis", one("ConcatFromSequence", {"x"}, {}), "attribute 'axis' is missing"},
    };
}

/// Valid models that ask for what vkseg does not do.
Models unsupported_models()
{
    const Bytes w = float_tensor("w", {3}, {1, 1, 1});
    const Names normalized = {"x", "w", "w", "w", "w"};
    return {
        {"addition_of_opset_6", model_of({node("Add", {"x", "x"}, {"y"})}, {}, 6).bytes(), "expected opset 7 or later"},
        {"opset_of_the_future", model_of({relu()}, {}, 999).bytes(), "opset 999 is not supported"},
        {"negative_opset", model_of({relu()}, {}, -3).bytes(), "opset -3 is not supported"},
        {"unknown_operator", model_of({node("Quux", {"x"}, {"y"}, {}, "q")}).bytes(),
         "node 'q' (Quux): the operator is not supported"},
        {"control_flow", model_of({node("If", {"x"}, {"y"}, {}, "branch")}).bytes(), "node 'branch' (If)"},
        {"scan_of_opset_8", model_of({node("Scan", {"", "x"}, {"y"})}, {}, 8).bytes(),
         "node 'y' (Scan): opset 8 of this operator is not supported; expected opset 9 or later"},
        {"other_domain", model_of({node("Relu", {"x"}, {"y"}, {}, "f", "com.acme")}).bytes(),
         "node 'f' (Relu): the operator of domain 'com.acme' is not supported, only that of ONNX's own domain"},
        {"two_unknown_operators", model_of({node("Foo", {"x"}, {"a"}), node("Bar", {"a"}, {"y"})}).bytes(),
         "2 parts of the network:\n  node 'a' (Foo): the operator is not supported\n  node 'y' (Bar): the operator is "
         "not supported"},
        {"batch_norm_in_training",
         model_of({node("BatchNormalization", normalized, {"y"}, {attribute("training_mode", int64_t(1))}, "bn")}, {w})
             .bytes(),
         "node 'bn' (BatchNormalization): attribute 'training_mode': 1 is not supported"},
        {"dropout_in_training", model_of({node("Dropout", {"x", "", "x"}, {"y"}, {}, "d")}).bytes(),
         "node 'd' (Dropout): input 'training_mode' must be a constant false"},
        {"odd_resize",
         model_of({node("Resize", {"x", "", "w"}, {"y"}, {attribute("mode", "odd")}, "r")}, {w}, 18).bytes(),
         "attribute 'mode': value 'odd' is not supported"},
    };
}

} // namespace

std::vector<MalformedModel> malformed_models()
{
    Models all;
    for (Models part : {damaged_files(), contradictions(), bad_tensors(), bad_nodes(), unsupported_models()})
        all.insert(all.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
    return all;
}

} // namespace vkseg::test
