#include "base/mapped_file.hpp"
#include "base/try.hpp"
#include "segment/axes.hpp"
#include "segment/json_text.hpp"
#include "vkseg/segment.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace vkseg {
namespace {

constexpr size_t max_description_bytes = size_t(1) << 20;
constexpr const char* layouts[] = {"NCHW", "NHWC"};

std::string listed(std::span<const char* const> names)
{
    std::string text;
    for (const char* const name : names)
        text += (text.empty() ? "'" : ", '") + std::string(name) + "'";
    return text;
}

/// An object of the file, with its path for messages. Checks the type of each key when it is read; check_keys() refuses
/// unknown keys.
class Section
{
public:
    Section(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

    Status check_keys(std::initializer_list<const char*> known) const
    {
        if (!json_.is_object())
            return wrong("expected an object, got " + type_of(json_));
        for (const auto& [key, value] : json_.items())
        {
            if (std::find(known.begin(), known.end(), key) == known.end())
                return wrong("unknown key '" + key + "'; known are " + listed({known.begin(), known.size()}));
        }
        return {};
    }

    const Json* find(const char* key) const
    {
        const auto found = json_.find(key);
        return found == json_.end() ? nullptr : &*found;
    }
    std::string where(const char* key) const { return where_ + "." + key; }

    Status read(const char* key, std::string& value) const
    {
        const Json* json = find(key);
        if (json == nullptr)
            return {};
        if (!json->is_string())
            return wrong(key, "expected a string", *json);
        value = *json->get_ptr<const std::string*>();
        return {};
    }

    Status read(const char* key, bool& value) const
    {
        const Json* json = find(key);
        if (json == nullptr)
            return {};
        if (!json->is_boolean())
            return wrong(key, "expected true or false", *json);
        value = *json->get_ptr<const bool*>();
        return {};
    }

    Status read(const char* key, float& value, float low, float high) const
    {
        const Json* json = find(key);
        if (json == nullptr)
            return {};
        const std::string expected = "expected a number of " + number(low) + " to " + number(high);
        if (!json->is_number())
            return wrong(key, expected, *json);
        value = json->get<float>();
        return value >= low && value <= high ? Status() : wrong(key, expected, *json);
    }

    Status read(const char* key, int64_t& value, int64_t low, int64_t high) const
    {
        const Json* json = find(key);
        if (json == nullptr)
            return {};
        return read_integer(key, *json, value, low, high);
    }

    /// Reads a list of `count` numbers, or one number for all of them.
    Status read(const char* key, std::vector<float>& values, size_t count, bool may_be_zero) const
    {
        const Json* json = find(key);
        if (json == nullptr)
            return {};
        const std::string expected =
            "expected " + std::to_string(count) + (may_be_zero ? " numbers" : " numbers other than 0");
        const auto is_good = [&](const Json& element) {
            return element.is_number() && std::isfinite(element.get<float>()) &&
                   (may_be_zero || element.get<float>() != 0);
        };
        if (is_good(*json))
        {
            values.assign(count, json->get<float>());
            return {};
        }
        if (!json->is_array() || json->size() != count || !std::all_of(json->begin(), json->end(), is_good))
            return wrong(key, expected, *json);
        values.clear();
        for (const Json& element : *json)
            values.push_back(element.get<float>());
        return {};
    }

    template <class Enumeration>
    Status read(const char* key, Enumeration& value, std::span<const char* const> names) const
    {
        const Json* json = find(key);
        if (json == nullptr)
            return {};
        if (json->is_string())
        {
            const auto found = std::find(names.begin(), names.end(), *json->get_ptr<const std::string*>());
            if (found != names.end())
            {
                value = Enumeration(found - names.begin());
                return {};
            }
        }
        return wrong(key, "expected one of " + listed(names), *json);
    }

    template <class Enumeration>
    Status read(const char* key, std::optional<Enumeration>& value, std::span<const char* const> names) const
    {
        return find(key) == nullptr ? Status() : read(key, value.emplace(), names);
    }

    Status read_size(const char* key, Integers& size) const
    {
        const Json* json = find(key);
        if (json == nullptr)
            return {};
        if (!json->is_array() || json->size() != 2)
            return wrong(key, "expected [height, width]", *json);
        size.assign(2, 0);
        VKSEG_TRY(read_integer(key, (*json)[0], size[0], 1, 65536));
        return read_integer(key, (*json)[1], size[1], 1, 65536);
    }

    Status wrong(const std::string& message) const
    {
        return Status(StatusCode::invalid_model, where_ + ": " + message);
    }
    Status wrong(const char* key, const std::string& expected, const Json& got) const
    {
        return Status(StatusCode::invalid_model, where(key) + ": " + expected + ", got " + shown_json(got));
    }

private:
    static std::string type_of(const Json& json) { return json.type_name(); }
    static std::string number(float value)
    {
        std::ostringstream text;
        text << value;
        return text.str();
    }

    Status read_integer(const char* key, const Json& json, int64_t& value, int64_t low, int64_t high) const
    {
        const std::string expected =
            "expected a whole number of " + std::to_string(low) + " to " + std::to_string(high);
        // A number above the range of int64 reads as unsigned, and is out of range here in any case.
        if (!json.is_number_integer() || (json.is_number_unsigned() && json.get<uint64_t>() > uint64_t(INT64_MAX)))
            return wrong(key, expected, json);
        value = json.get<int64_t>();
        return value >= low && value <= high ? Status() : wrong(key, expected, json);
    }

    const Json& json_;
    std::string where_;
};

Status read_input(const Section& input, ModelDescription& description)
{
    VKSEG_TRY(input.check_keys({"name", "layout", "size", "multiple_of", "longest_side", "fit", "fill", "channels",
                                "pixel_maximum", "mean", "std", "antialias"}));
    PicturePlacement& placement = description.placement;
    static constexpr const char* fits[] = {"stretch", "letterbox", "letterbox_top_left"};
    static constexpr const char* orders[] = {"rgb", "bgr", "grey"};
    VKSEG_TRY(input.read("name", description.input));
    VKSEG_TRY(input.read("layout", description.input_layout, layouts));
    VKSEG_TRY(input.read_size("size", placement.size));
    VKSEG_TRY(input.read("multiple_of", placement.multiple_of, 1, 65536));
    VKSEG_TRY(input.read("longest_side", placement.longest_side, 1, 65536));
    if (!placement.size.empty() && (input.find("multiple_of") != nullptr || input.find("longest_side") != nullptr))
        return input.wrong("size fixes the input; multiple_of and longest_side are for networks that take any size");
    VKSEG_TRY(input.read("fit", placement.fit, fits));
    VKSEG_TRY(input.read("channels", description.order, orders));
    VKSEG_TRY(input.read("pixel_maximum", description.pixel_maximum, 1e-3f, 65535));
    const size_t channels = description.order == ChannelOrder::grey ? 1 : 3;
    VKSEG_TRY(input.read("mean", description.mean, channels, true));
    VKSEG_TRY(input.read("std", description.deviation, channels, false));
    VKSEG_TRY(input.read("fill", description.fill, channels, true));
    const auto is_pixel = [&](float value) { return value >= 0 && value <= description.pixel_maximum; };
    if (!std::all_of(description.fill.begin(), description.fill.end(), is_pixel))
        return input.wrong("fill is the value of a pixel: 0 to pixel_maximum");
    return input.read("antialias", description.antialias);
}

Status read_crf(const Section& section, DenseCrf& crf)
{
    VKSEG_TRY(section.check_keys(
        {"iterations", "gaussian_sxy", "gaussian_compat", "bilateral_sxy", "bilateral_srgb", "bilateral_compat"}));
    constexpr float least = 0.1f;
    constexpr float most = 10000;
    VKSEG_TRY(section.read("iterations", crf.iterations, 1, 1000));
    VKSEG_TRY(section.read("gaussian_sxy", crf.gaussian_sxy, least, most));
    VKSEG_TRY(section.read("gaussian_compat", crf.gaussian_compat, 0, most));
    VKSEG_TRY(section.read("bilateral_sxy", crf.bilateral_sxy, least, most));
    VKSEG_TRY(section.read("bilateral_srgb", crf.bilateral_srgb, least, most));
    return section.read("bilateral_compat", crf.bilateral_compat, 0, most);
}

Status read_output(const Section& output, ModelDescription& description)
{
    static constexpr const char* sources[] = {"logits", "probabilities", "labels"};
    static constexpr const char* kinds[] = {"classes", "instances", "yolo-seg"};
    VKSEG_TRY(output.read("kind", description.kind, kinds));
    if (description.kind == OutputKind::instances)
    {
        VKSEG_TRY(output.check_keys({"kind", "boxes", "labels", "scores", "masks", "threshold"}));
        VKSEG_TRY(output.read("boxes", description.instances.boxes));
        VKSEG_TRY(output.read("labels", description.instances.labels));
        VKSEG_TRY(output.read("scores", description.instances.scores));
        VKSEG_TRY(output.read("masks", description.instances.masks));
        return output.read("threshold", description.threshold, 0, 1);
    }
    if (description.kind == OutputKind::yolo_seg)
    {
        YoloOutputs& yolo = description.yolo;
        VKSEG_TRY(output.check_keys({"kind", "candidates", "prototypes", "min_score", "iou", "most", "threshold"}));
        VKSEG_TRY(output.read("candidates", yolo.candidates));
        VKSEG_TRY(output.read("prototypes", yolo.prototypes));
        VKSEG_TRY(output.read("min_score", yolo.min_score, 0, 1));
        VKSEG_TRY(output.read("iou", yolo.iou, 0, 1));
        VKSEG_TRY(output.read("most", yolo.most, 1, 10000));
        return output.read("threshold", description.threshold, 0, 1);
    }
    VKSEG_TRY(output.check_keys({"kind", "name", "layout", "values", "threshold", "soft_class", "smoothing", "crf"}));
    VKSEG_TRY(output.read("name", description.output));
    VKSEG_TRY(output.read("layout", description.output_layout, layouts));
    VKSEG_TRY(output.read("values", description.source, sources));
    VKSEG_TRY(output.read("threshold", description.threshold, 0, 1));
    VKSEG_TRY(output.read("soft_class", description.soft_class, -1, max_classes - 1));
    VKSEG_TRY(output.read("smoothing", description.smoothing, 0, 0.999f));
    if (const Json* crf = output.find("crf"))
        return read_crf({*crf, output.where("crf")}, description.crf.emplace());
    return {};
}

Status read_colour(const Section& section, const char* key, const Json& json, Colour& colour)
{
    const auto is_byte = [](const Json& element)
    { return element.is_number_unsigned() && element.get<uint64_t>() <= 255; };
    if (!json.is_array() || json.size() != 3 || !std::all_of(json.begin(), json.end(), is_byte))
        return section.wrong(key, "expected [red, green, blue] of 0 to 255", json);
    colour = {json[0].get<uint8_t>(), json[1].get<uint8_t>(), json[2].get<uint8_t>()};
    return {};
}

Status read_state(const Section& top, std::vector<StateLink>& state)
{
    const Json* json = top.find("state");
    if (json == nullptr)
        return {};
    if (!json->is_object())
        return top.wrong("state", "expected an object such as {\"output\": \"input\"}", *json);
    for (const auto& [output, input] : json->items())
    {
        if (!input.is_string())
            return top.wrong("state", "expected the name of the input that follows output '" + output + "'", input);
        state.push_back({.output = output, .input = *input.get_ptr<const std::string*>()});
    }
    return {};
}

Status read_classes(const Section& top, ModelDescription& description)
{
    if (const Json* classes = top.find("classes"))
    {
        if (!classes->is_array() || classes->size() > size_t(max_classes))
            return top.wrong("classes", "expected a list of at most 256 names", *classes);
        for (const Json& name : *classes)
        {
            if (!name.is_string())
                return top.wrong("classes", "expected a name", name);
            description.classes.push_back(*name.get_ptr<const std::string*>());
        }
    }
    if (const Json* colours = top.find("colours"))
    {
        if (!colours->is_array() || colours->size() > size_t(max_classes))
            return top.wrong("colours", "expected a list of at most 256 colours", *colours);
        for (const Json& colour : *colours)
            VKSEG_TRY(read_colour(top, "colours", colour, description.colours.emplace_back()));
    }
    return {};
}

std::filesystem::path file_beside(std::filesystem::path model)
{
    return model.replace_extension(".json");
}

} // namespace

Result<ModelDescription> parse_description(std::string_view text, const std::string& who)
{
    if (text.size() > max_description_bytes)
        return Status(StatusCode::invalid_model,
                      who + ": a description has at most 1 MiB, got " + std::to_string(text.size()) + " bytes");
    if (is_too_deep(text))
        return Status(StatusCode::invalid_model, who + ": lists and objects are nested more than " +
                                                     std::to_string(max_json_depth) +
                                                     " deep; a description needs three levels");
    const Result<Json> json = parse_json(text);
    if (!json.is_ok())
        return json.status().with_context(who);
    const Section top(*json, who);
    VKSEG_TRY(top.check_keys({"title", "source", "licence", "input", "output", "state", "classes", "colours"}));
    ModelDescription description;
    std::string for_people;
    VKSEG_TRY(top.read("title", description.title));
    VKSEG_TRY(top.read("source", for_people));
    VKSEG_TRY(top.read("licence", for_people));
    if (const Json* input = top.find("input"))
        VKSEG_TRY(read_input({*input, top.where("input")}, description));
    if (const Json* output = top.find("output"))
        VKSEG_TRY(read_output({*output, top.where("output")}, description));
    VKSEG_TRY(read_state(top, description.state));
    VKSEG_TRY(read_classes(top, description));
    return description;
}

bool has_description(const std::filesystem::path& model, const Graph& graph)
{
    std::error_code error;
    return std::filesystem::exists(file_beside(model), error) || graph.metadata.contains("vkseg");
}

Result<ModelDescription> find_description(const std::filesystem::path& model, const Graph& graph)
{
    const std::filesystem::path beside = file_beside(model);
    std::error_code error;
    if (std::filesystem::exists(beside, error))
    {
        VKSEG_ASSIGN(const FileBytes file, map_file(beside));
        return parse_description({reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size()},
                                 beside.string());
    }
    const auto entry = graph.metadata.find("vkseg");
    if (entry != graph.metadata.end())
        return parse_description(entry->second, model.string() + ", metadata 'vkseg'");
    return Status(StatusCode::invalid_model, model.string() +
                                                 ": there is no description of the model: expected the file " +
                                                 beside.string() + " or an entry 'vkseg' in the model's metadata");
}

} // namespace vkseg
