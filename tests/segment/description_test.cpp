#include "vkseg/segment.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace vkseg::test::description_test {
namespace {

ModelDescription parsed(std::string_view json)
{
    const Result<ModelDescription> description = parse_description(json, "net.json");
    REQUIRE_MESSAGE(description.is_ok(), description.status().message());
    return *description;
}

} // namespace

TEST_CASE("description: what is left out has its default")
{
    const ModelDescription description = parsed("{}");
    CHECK(description.placement.size.empty());
    CHECK(description.placement.fit == PictureFit::stretch);
    CHECK_FALSE(description.source.has_value());
    CHECK_FALSE(description.input_layout.has_value());
    CHECK_FALSE(description.output_layout.has_value());
    CHECK(description.threshold == 0.5f);
    CHECK(description.soft_class == -1);
    CHECK(description.antialias);
    CHECK(description.pixel_maximum == 1);
}

TEST_CASE("description: a key that appears twice is refused")
{
    const auto message = [](std::string_view json) { return parse_description(json, "net.json").status().message(); };
    CHECK(message(R"({"title": "a", "title": "b"})") == "net.json: key 'title' appears twice");
    CHECK(message(R"({"input": {"std": 1, "mean": 2, "std": 3}})") == "net.json: key 'std' appears twice");
    CHECK(parse_description(R"({"input": {"name": "a"}, "output": {"name": "a"}})", "net.json").is_ok());
}

TEST_CASE("description: every key is read")
{
    const ModelDescription description = parsed(R"({
        "title": "T", "source": "S", "licence": "L",
        "input": {"name": "x", "layout": "NHWC", "multiple_of": 32, "longest_side": 1024, "fit": "letterbox_top_left", "channels": "bgr",
                  "pixel_maximum": 255, "mean": [1, 2, 3], "std": 2, "fill": 114, "antialias": false},
        "output": {"name": "y", "layout": "NCHW", "values": "labels", "threshold": 0.25, "soft_class": 3},
        "classes": ["background", "cell"], "colours": [[0, 0, 0], [255, 128, 0]]})");
    CHECK(description.title == "T");
    CHECK(description.input == "x");
    CHECK(description.input_layout == TensorLayout::nhwc);
    CHECK(description.output_layout == TensorLayout::nchw);
    CHECK(description.placement.multiple_of == 32);
    CHECK(description.placement.longest_side == 1024);
    CHECK(description.placement.fit == PictureFit::letterbox_top_left);
    CHECK(description.order == ChannelOrder::bgr);
    CHECK(description.pixel_maximum == 255);
    CHECK(description.mean == std::vector<float>{1, 2, 3});
    CHECK(description.deviation == std::vector<float>{2, 2, 2});
    CHECK(description.fill == std::vector<float>{114, 114, 114});
    CHECK_FALSE(description.antialias);
    CHECK(description.output == "y");
    CHECK(description.source == MaskSource::labels);
    CHECK(description.threshold == 0.25f);
    CHECK(description.soft_class == 3);
    CHECK(description.classes == std::vector<std::string>{"background", "cell"});
    CHECK(description.colours == std::vector<Colour>{{0, 0, 0}, {255, 128, 0}});
    CHECK(parsed(R"({"input": {"size": [144, 256]}})").placement.size == Integers{144, 256});
    CHECK_FALSE(description.crf.has_value());
    const ModelDescription refined =
        parsed(R"({"output": {"crf": {"iterations": 5, "gaussian_sxy": 1, "gaussian_compat": 2,
        "bilateral_sxy": 67, "bilateral_srgb": 4.5, "bilateral_compat": 6}}})");
    REQUIRE(refined.crf.has_value());
    CHECK(refined.crf->iterations == 5);
    CHECK(refined.crf->gaussian_sxy == 1);
    CHECK(refined.crf->gaussian_compat == 2);
    CHECK(refined.crf->bilateral_sxy == 67);
    CHECK(refined.crf->bilateral_srgb == 4.5f);
    CHECK(refined.crf->bilateral_compat == 6);
    CHECK(parsed(R"({"output": {"crf": {}}})").crf->iterations == 10);
}

TEST_CASE("description: what is wrong is said with the file, the key and what was expected")
{
    struct Bad
    {
        const char* json;
        const char* message;
    };
    const Bad table[] = {
        {"", "net.json: not valid JSON"},
        {"{", "net.json: not valid JSON"},
        {"{} {}", "net.json: not valid JSON"},
        {"[]", "net.json: expected an object, got array"},
        {"null", "net.json: expected an object, got null"},
        {R"({"inputs": {}})", "net.json: unknown key 'inputs'; known are 'title', 'source', 'licence', 'input', "
                              "'output', 'state', 'classes', 'colours'"},
        {R"({"title": 3})", "net.json.title: expected a string, got 3"},
        {R"({"input": 3})", "net.json.input: expected an object, got number"},
        {R"({"input": {"size": 256}})", "net.json.input.size: expected [height, width], got 256"},
        {R"({"input": {"size": [256]}})", "net.json.input.size: expected [height, width], got [256]"},
        {R"({"input": {"size": [0, 5]}})", "net.json.input.size: expected a whole number of 1 to 65536, got 0"},
        {R"({"input": {"size": [2.5, 5]}})", "net.json.input.size: expected a whole number of 1 to 65536, got 2.5"},
        {R"({"input": {"size": [18446744073709551615, 5]}})",
         "net.json.input.size: expected a whole number of 1 to 65536, got 18446744073709551615"},
        {R"({"input": {"size": [1, 1], "multiple_of": 2}})",
         "net.json.input: size fixes the input; multiple_of and longest_side are for networks that take any size"},
        {R"({"input": {"multiple_of": -1}})",
         "net.json.input.multiple_of: expected a whole number of 1 to 65536, got -1"},
        {R"({"input": {"fit": "crop"}})",
         "net.json.input.fit: expected one of 'stretch', 'letterbox', 'letterbox_top_left', got \"crop\""},
        {R"({"output": {"layout": "HWC"}})", "net.json.output.layout: expected one of 'NCHW', 'NHWC', got \"HWC\""},
        {R"({"input": {"layout": 1}})", "net.json.input.layout: expected one of 'NCHW', 'NHWC', got 1"},
        {R"({"input": {"channels": 3}})", "net.json.input.channels: expected one of 'rgb', 'bgr', 'grey', got 3"},
        {R"({"input": {"mean": [1, 2]}})", "net.json.input.mean: expected 3 numbers, got [1,2]"},
        {R"({"input": {"mean": [1, 2, "3"]}})", "net.json.input.mean: expected 3 numbers, got [1,2,\"3\"]"},
        {R"({"input": {"std": 0}})", "net.json.input.std: expected 3 numbers other than 0, got 0"},
        {R"({"input": {"std": [1, 0, 1]}})", "net.json.input.std: expected 3 numbers other than 0, got [1,0,1]"},
        {R"({"input": {"channels": "grey", "std": [1, 1, 1]}})",
         "net.json.input.std: expected 1 numbers other than 0, got [1,1,1]"},
        {R"({"input": {"mean": 1e99}})", "net.json.input.mean: expected 3 numbers, got 1e+99"},
        {R"({"input": {"pixel_maximum": 0}})",
         "net.json.input.pixel_maximum: expected a number of 0.001 to 65535, got 0"},
        {R"({"input": {"fill": 2}})", "net.json.input: fill is the value of a pixel: 0 to pixel_maximum"},
        {R"({"input": {"antialias": 1}})", "net.json.input.antialias: expected true or false, got 1"},
        {R"({"output": {"values": "softmax"}})",
         "net.json.output.values: expected one of 'logits', 'probabilities', 'labels', got \"softmax\""},
        {R"({"output": {"threshold": 1.5}})", "net.json.output.threshold: expected a number of 0 to 1, got 1.5"},
        {R"({"output": {"soft_class": 256}})",
         "net.json.output.soft_class: expected a whole number of -1 to 255, got 256"},
        {R"({"classes": "person"})", "net.json.classes: expected a list of at most 256 names, got \"person\""},
        {R"({"classes": [1]})", "net.json.classes: expected a name, got 1"},
        {R"({"colours": [[0, 0]]})", "net.json.colours: expected [red, green, blue] of 0 to 255, got [0,0]"},
        {R"({"colours": [[0, 0, 256]]})", "net.json.colours: expected [red, green, blue] of 0 to 255, got [0,0,256]"},
    };
    for (const Bad& bad : table)
    {
        const Result<ModelDescription> description = parse_description(bad.json, "net.json");
        REQUIRE_FALSE_MESSAGE(description.is_ok(), bad.json);
        CHECK(description.status().code() == StatusCode::invalid_model);
        CHECK(description.status().message() == bad.message);
    }
}

TEST_CASE("description: deep nesting and damaged text are refused")
{
    CHECK_FALSE(parse_description(std::string(100000, '['), "net.json").is_ok());
    CHECK_FALSE(parse_description("{\"title\": \"\xff\xfe\"}", "net.json").is_ok());
    CHECK_FALSE(parse_description(std::string((size_t(1) << 20) + 1, ' '), "net.json").is_ok());
}

TEST_CASE("description: the file beside the model goes before the metadata")
{
    namespace fs = std::filesystem;
    const fs::path directory = fs::temp_directory_path() / "vkseg_description_test";
    fs::create_directories(directory);
    const fs::path model = directory / "n\u00e4t.onnx";
    fs::remove(directory / "n\u00e4t.json");
    Graph graph;
    CHECK(!has_description(model, graph));
    CHECK(find_description(model, graph).status().code() == StatusCode::invalid_model);
    graph.metadata["vkseg"] = std::string(R"({"title": "metadata"})");
    CHECK(has_description(model, graph));
    CHECK(find_description(model, graph)->title == "metadata");
    graph.metadata["vkseg"] = std::string("{");
    CHECK(find_description(model, graph).status().message() == model.string() + ", metadata 'vkseg': not valid JSON");
    std::ofstream(directory / "n\u00e4t.json") << R"({"title": "file"})";
    CHECK(find_description(model, graph)->title == "file");
    CHECK(has_description(model, Graph()));
    fs::remove_all(directory);
}

TEST_CASE("palette: is PASCAL VOC's")
{
    CHECK(default_colour(0) == Colour{0, 0, 0});
    CHECK(default_colour(1) == Colour{128, 0, 0});
    CHECK(default_colour(15) == Colour{192, 128, 128});
    CHECK(default_colour(20) == Colour{0, 64, 128});
    CHECK(default_colour(255) == Colour{224, 224, 192});
}

} // namespace vkseg::test::description_test
