#include "vkseg/model.hpp"
#include "vkseg/segment.hpp"
#include "vkseg/vkseg.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// The C interface (include/vkseg/vkseg.h) against the C++ one.
namespace vkseg::test::c_interface_test {
namespace {

constexpr const char* selfie = VKSEG_SAMPLES "/models/selfie.onnx";
constexpr int picture_width = 64;
constexpr int picture_height = 48;

template <class T, void (*free)(T*)>
struct Freed
{
    void operator()(T* handle) const { free(handle); }
};

using DeviceHandle = std::unique_ptr<vkseg_device, Freed<vkseg_device, vkseg_device_close>>;
using ModelHandle = std::unique_ptr<vkseg_model, Freed<vkseg_model, vkseg_model_free>>;
using SegmenterHandle = std::unique_ptr<vkseg_segmenter, Freed<vkseg_segmenter, vkseg_segmenter_free>>;
using SessionHandle = std::unique_ptr<vkseg_session, Freed<vkseg_session, vkseg_session_free>>;
using ResultsHandle = std::unique_ptr<vkseg_results, Freed<vkseg_results, vkseg_results_free>>;
using DetectionsHandle = std::unique_ptr<vkseg_detections, Freed<vkseg_detections, vkseg_detections_free>>;

template <class T>
T sized()
{
    T value = {};
    value.struct_size = sizeof(T);
    return value;
}

DeviceHandle open_device()
{
    vkseg_device* device = nullptr;
    REQUIRE_MESSAGE(vkseg_device_open(nullptr, &device) == VKSEG_OK, vkseg_last_message());
    return DeviceHandle(device);
}

ModelHandle load(const char* path)
{
    vkseg_model* model = nullptr;
    REQUIRE_MESSAGE(vkseg_model_load(path, &model) == VKSEG_OK, vkseg_last_message());
    return ModelHandle(model);
}

SegmenterHandle segmenter_of(const char* path)
{
    const DeviceHandle device = open_device();
    const ModelHandle model = load(path);
    vkseg_segmenter* segmenter = nullptr;
    REQUIRE_MESSAGE(vkseg_segmenter_create(device.get(), model.get(), nullptr, nullptr, &segmenter) == VKSEG_OK,
                    vkseg_last_message());
    return SegmenterHandle(segmenter); // device and model are freed before it
}

std::vector<uint8_t> pixels()
{
    std::vector<uint8_t> values;
    for (int i = 0; i < picture_width * picture_height * 3; ++i)
        values.push_back(uint8_t(i * 7 + i / 200));
    return values;
}

vkseg_image image_of(const std::vector<uint8_t>& values)
{
    auto image = sized<vkseg_image>();
    image.pixels = values.data();
    image.width = picture_width;
    image.height = picture_height;
    return image;
}

std::string contents_of(const char* path)
{
    std::ifstream file(path, std::ios::binary);
    REQUIRE(file.good());
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void count_release(void* user)
{
    ++*static_cast<int*>(user);
}

} // namespace

TEST_CASE("C interface: masks are those of Segmenter")
{
    const SegmenterHandle segmenter = segmenter_of(selfie);
    const std::vector<uint8_t> values = pixels();
    const vkseg_image image = image_of(values);
    constexpr size_t area = size_t(picture_width) * picture_height;
    std::vector<uint8_t> labels(area);
    std::vector<uint8_t> soft(area);
    auto masks = sized<vkseg_masks>();
    masks.labels = labels.data();
    masks.soft_mask = soft.data();
    REQUIRE_MESSAGE(vkseg_segment(segmenter.get(), &image, &masks) == VKSEG_OK, vkseg_last_message());

    const Result<Device> device = Device::create();
    REQUIRE(device.is_ok());
    Result<Segmenter> same = Segmenter::load(*device, selfie);
    REQUIRE(same.is_ok());
    const Result<Segmentation> expected =
        same->segment({.pixels = values.data(), .width = picture_width, .height = picture_height});
    REQUIRE(expected.is_ok());
    CHECK(labels == expected->labels);
    CHECK(soft == expected->soft_mask);
    CHECK(vkseg_segmenter_class_count(segmenter.get()) == 2);
    CHECK(std::string(vkseg_segmenter_class_name(segmenter.get(), 1)) == "person");
    CHECK(vkseg_segmenter_class_name(segmenter.get(), 2) == nullptr);
    CHECK(vkseg_segmenter_finds_instances(segmenter.get()) == 0);
    CHECK(vkseg_segmenter_reset_state(segmenter.get()) == VKSEG_OK); // has none
    CHECK(vkseg_segmenter_reset_state(nullptr) == VKSEG_INVALID_ARGUMENT);
    vkseg_detections* detections = nullptr;
    CHECK(vkseg_find_instances(segmenter.get(), &image, &detections) == VKSEG_INVALID_ARGUMENT);
    CHECK(detections == nullptr);
}

TEST_CASE("C interface: messages of the library, and labels for debuggers")
{
    struct Messages
    {
        std::vector<std::string> texts;
        int32_t max_level = VKSEG_LOG_ERROR;
    } messages;
    const auto keep = [](int32_t level, const char* message, void* user)
    {
        auto& kept = *static_cast<Messages*>(user);
        kept.texts.emplace_back(message);
        kept.max_level = std::max(kept.max_level, level);
    };
    CHECK(vkseg_set_log(keep, &messages, -1) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_set_log(keep, &messages, 4) == VKSEG_INVALID_ARGUMENT);
    CHECK(std::string(vkseg_last_message()).find("got 4") != std::string::npos);
    REQUIRE(vkseg_set_log(keep, &messages, VKSEG_LOG_INFO) == VKSEG_OK);
    auto options = sized<vkseg_device_options>();
    options.debug_labels = 1;
    options.no_pipeline_cache = 1;
    vkseg_device* device = nullptr;
    const vkseg_status status = vkseg_device_open(&options, &device);
    CHECK(vkseg_set_log(nullptr, nullptr, VKSEG_LOG_ERROR) == VKSEG_OK);
    REQUIRE(status == VKSEG_OK);
    const DeviceHandle handle(device);
    const auto is_choice = [](const std::string& text) { return text.find(": using ") != std::string::npos; };
    CHECK(std::ranges::count_if(messages.texts, is_choice) == 1);
    CHECK(messages.max_level == VKSEG_LOG_INFO);
    const size_t count = messages.texts.size();
    load(selfie);
    CHECK(messages.texts.size() == count);
}

TEST_CASE("C interface: instances and their masks")
{
    const SegmenterHandle segmenter = segmenter_of(VKSEG_SAMPLES "/models/shapes-instances.safetensors");
    CHECK(vkseg_segmenter_finds_instances(segmenter.get()) == 1);
    const std::vector<uint8_t> values = pixels();
    const vkseg_image image = image_of(values);
    vkseg_detections* given = nullptr;
    REQUIRE_MESSAGE(vkseg_find_instances(segmenter.get(), &image, &given) == VKSEG_OK, vkseg_last_message());
    const DetectionsHandle detections(given);
    std::vector<uint8_t> mask(size_t(picture_width) * picture_height);
    for (size_t i = 0; i < vkseg_detections_count(given); ++i)
    {
        auto instance = sized<vkseg_instance>();
        REQUIRE(vkseg_detections_get(given, i, &instance) == VKSEG_OK);
        CHECK(instance.score > 0);
        CHECK(instance.box[0] <= instance.box[2]);
        CHECK(vkseg_detections_mask(given, i, mask.data()) == VKSEG_OK);
    }
    auto none = sized<vkseg_instance>();
    CHECK(vkseg_detections_get(given, vkseg_detections_count(given), &none) == VKSEG_INVALID_ARGUMENT);
}

TEST_CASE("C interface: frames in flight give the masks of their pictures")
{
    SegmenterHandle segmenter = segmenter_of(selfie);
    const size_t count = picture_width * picture_height;
    std::vector<vkseg_frame*> frames;
    std::vector<std::vector<uint8_t>> expected;
    for (int i = 0; i < 5; ++i)
    {
        std::vector<uint8_t> values = pixels();
        std::rotate(values.begin(), values.begin() + i * 300, values.end());
        const vkseg_image image = image_of(values);
        vkseg_frame* frame = nullptr;
        REQUIRE_MESSAGE(vkseg_submit(segmenter.get(), &image, &frame) == VKSEG_OK, vkseg_last_message());
        frames.push_back(frame);
        expected.emplace_back(count);
        auto masks = sized<vkseg_masks>();
        masks.soft_mask = expected.back().data();
        REQUIRE(vkseg_segment(segmenter.get(), &image, &masks) == VKSEG_OK);
    }
    segmenter.reset(); // frames may outlive it
    for (const size_t i : {3, 0, 4, 1})
    {
        std::vector<uint8_t> soft(count);
        auto masks = sized<vkseg_masks>();
        masks.soft_mask = soft.data();
        REQUIRE_MESSAGE(vkseg_frame_masks(frames[i], &masks) == VKSEG_OK, vkseg_last_message());
        CHECK(soft == expected[i]);
        CHECK(vkseg_frame_is_done(frames[i]) == 1);
        CHECK(vkseg_frame_masks(frames[i], &masks) == VKSEG_INVALID_ARGUMENT);
    }
    vkseg_detections* detections = nullptr;
    CHECK(vkseg_frame_instances(frames[2], &detections) == VKSEG_INVALID_ARGUMENT);
    for (vkseg_frame* const frame : frames) // one of them was not waited for
        vkseg_frame_free(frame);
    vkseg_frame_free(nullptr);
    CHECK(vkseg_submit(nullptr, nullptr, nullptr) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_frame_is_done(nullptr) == 0);
    CHECK(vkseg_frame_masks(nullptr, nullptr) == VKSEG_INVALID_ARGUMENT);
}

TEST_CASE("C interface: tensors in and out are those of Session")
{
    const DeviceHandle device = open_device();
    const ModelHandle model = load(selfie);
    vkseg_session* created = nullptr;
    REQUIRE(vkseg_session_create(device.get(), model.get(), nullptr, &created) == VKSEG_OK);
    const SessionHandle session(created);
    const Result<Graph> graph = load_model(selfie);
    REQUIRE(graph.is_ok());
    const Value& input = graph->values[graph->inputs[0]];
    REQUIRE(vkseg_session_input_count(created) == 1);
    CHECK(vkseg_session_input_name(created, 0) == input.name);
    const std::vector<float> values(size_t(input.shape.elements()), 0.25f);
    auto tensor = sized<vkseg_tensor>();
    tensor.name = input.name.c_str();
    tensor.rank = int32_t(input.shape.rank());
    std::copy(input.shape.begin(), input.shape.end(), tensor.extents);
    tensor.data = values.data();
    tensor.size = values.size() * sizeof(float);
    vkseg_results* given = nullptr;
    REQUIRE_MESSAGE(vkseg_session_run(created, &tensor, 1, &given) == VKSEG_OK, vkseg_last_message());
    const ResultsHandle results(given);

    const Result<Device> same_device = Device::create();
    Result<Session> same = Session::create(*same_device, *graph);
    const std::vector<NamedTensor> inputs = {{input.name, Tensor::from(input.shape, values)}};
    const Result<RunResult> expected = same->run(inputs);
    REQUIRE(expected.is_ok());
    REQUIRE(vkseg_results_count(given) == expected->outputs.size());
    for (size_t i = 0; i < expected->outputs.size(); ++i)
    {
        auto output = sized<vkseg_tensor>();
        REQUIRE(vkseg_results_get(given, i, &output) == VKSEG_OK);
        const Tensor& other = expected->outputs[i].tensor;
        CHECK(output.name == expected->outputs[i].name);
        REQUIRE(output.size == other.bytes().size());
        CHECK(std::memcmp(output.data, other.bytes().data(), output.size) == 0);
    }

    tensor.size -= 4;
    CHECK(vkseg_session_run(created, &tensor, 1, &given) == VKSEG_INVALID_ARGUMENT);
    CHECK(std::string(vkseg_last_message()).find("bytes for f32") != std::string::npos);
    tensor.extents[0] = INT64_MAX;
    CHECK(vkseg_session_run(created, &tensor, 1, &given) == VKSEG_INVALID_ARGUMENT);
    tensor.rank = 9;
    CHECK(vkseg_session_run(created, &tensor, 1, &given) == VKSEG_INVALID_ARGUMENT);
}

TEST_CASE("C interface: a model from memory is copied, or released once")
{
    const std::string contents = contents_of(selfie);
    auto bytes = sized<vkseg_bytes>();
    bytes.data = contents.data();
    bytes.size = contents.size();
    vkseg_model* given = nullptr;
    REQUIRE(vkseg_model_from_memory(&bytes, nullptr, nullptr, &given) == VKSEG_OK);
    vkseg_model_free(given);

    int released = 0;
    bytes.release = count_release;
    bytes.user = &released;
    REQUIRE(vkseg_model_from_memory(&bytes, nullptr, nullptr, &given) == VKSEG_OK);
    CHECK(released == 0);
    vkseg_model_free(given);
    CHECK(released == 1);

    bytes.size = 10;
    CHECK(vkseg_model_from_memory(&bytes, nullptr, nullptr, &given) == VKSEG_INVALID_MODEL);
    CHECK(released == 2);
    bytes.data = nullptr;
    CHECK(vkseg_model_from_memory(&bytes, nullptr, nullptr, &given) == VKSEG_INVALID_ARGUMENT);
    CHECK(released == 3);
}

TEST_CASE("C interface: structs of older and newer callers")
{
    const SegmenterHandle segmenter = segmenter_of(selfie);
    const std::vector<uint8_t> values = pixels();
    vkseg_image image = image_of(values);
    image.row_stride_bytes = 1; // a member that an older caller does not have
    image.struct_size = offsetof(vkseg_image, row_stride_bytes);
    const auto masks = sized<vkseg_masks>();
    CHECK_MESSAGE(vkseg_segment(segmenter.get(), &image, &masks) == VKSEG_OK, vkseg_last_message());

    struct Newer
    {
        vkseg_device_description known;
        int more[4];
    };
    Newer newer = {};
    newer.known.struct_size = sizeof(newer);
    newer.more[0] = 7;
    const DeviceHandle device = open_device();
    CHECK(vkseg_device_describe(device.get(), &newer.known) == VKSEG_OK);
    CHECK(std::string(newer.known.name).size() > 0);
    CHECK(newer.known.struct_size == sizeof(newer));
    CHECK(newer.more[0] == 7);
    const vkseg_masks no_size = {};
    CHECK(vkseg_segment(segmenter.get(), &image, &no_size) == VKSEG_INVALID_ARGUMENT);
    vkseg_device_options no_size_of_options = {};
    no_size_of_options.select = "nonsense";
    vkseg_device* opened = nullptr;
    CHECK(vkseg_device_open(&no_size_of_options, &opened) == VKSEG_INVALID_ARGUMENT);
    vkseg_device_options cut = {}; // within a member
    cut.struct_size = sizeof(size_t) + sizeof(char*) / 2;
    CHECK(vkseg_device_open(&cut, &opened) == VKSEG_INVALID_ARGUMENT);
    CHECK(std::string(vkseg_last_message()).find(std::to_string(sizeof cut) + " bytes") != std::string::npos);
    vkseg_device_description unset = {};
    CHECK(vkseg_device_describe(device.get(), &unset) == VKSEG_INVALID_ARGUMENT);
    unset.struct_size = cut.struct_size;
    CHECK(vkseg_device_describe(device.get(), &unset) == VKSEG_INVALID_ARGUMENT);
}

TEST_CASE("C interface: NULL is an error or nothing, and each thread has its own message")
{
    vkseg_device_close(nullptr);
    vkseg_model_free(nullptr);
    vkseg_segmenter_free(nullptr);
    vkseg_session_free(nullptr);
    vkseg_results_free(nullptr);
    vkseg_detections_free(nullptr);
    vkseg_device_list_free(nullptr);
    CHECK(vkseg_device_open(nullptr, nullptr) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_model_load(nullptr, nullptr) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_model_from_memory(nullptr, nullptr, nullptr, nullptr) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_segmenter_create(nullptr, nullptr, nullptr, nullptr, nullptr) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_session_create(nullptr, nullptr, nullptr, nullptr) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_segment(nullptr, nullptr, nullptr) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_find_instances(nullptr, nullptr, nullptr) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_session_run(nullptr, nullptr, 0, nullptr) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_detections_mask(nullptr, 0, nullptr) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_results_get(nullptr, 0, nullptr) == VKSEG_INVALID_ARGUMENT);
    CHECK(vkseg_session_input_name(nullptr, 0) == nullptr);
    CHECK(std::string(vkseg_last_message()).find("vkseg_results_get") != std::string::npos);
    std::string of_other;
    std::thread([&] { of_other = vkseg_last_message(); }).join();
    CHECK(of_other.empty());
    vkseg_model* model = nullptr;
    CHECK(vkseg_model_load("no_such_model.onnx", &model) == VKSEG_IO_ERROR);
    CHECK(model == nullptr);
    vkseg_device* device = nullptr;
    auto options = sized<vkseg_device_options>();
    options.select = "no such device";
    CHECK(vkseg_device_open(&options, &device) == VKSEG_NO_DEVICE);
}

TEST_CASE("C interface: devices are listed")
{
    vkseg_device_list* list = nullptr;
    REQUIRE(vkseg_device_list_create(&list) == VKSEG_OK);
    CHECK(vkseg_device_list_count(list) > 0);
    auto description = sized<vkseg_device_description>();
    CHECK(vkseg_device_list_get(list, 0, &description) == VKSEG_OK);
    CHECK(std::string(description.type).size() > 0);
    CHECK(vkseg_device_list_get(list, vkseg_device_list_count(list), &description) == VKSEG_INVALID_ARGUMENT);
    vkseg_device_list_free(list);
}

} // namespace vkseg::test::c_interface_test
