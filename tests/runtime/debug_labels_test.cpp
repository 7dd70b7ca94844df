#include "vkseg/graph_builder.hpp"
#include "vkseg/session.hpp"
#include "vkseg/weights.hpp"

#include "vk/app_device.hpp"
#include "vk/device_state.hpp"
#include "vk/fixture.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <dlfcn.h>

// Names and labels by VK_EXT_debug_utils, as a tool between the library and the driver sees them.
namespace vkseg::debug_labels_test {
namespace {

using vk::take;

/// Stands between the library and the system's Vulkan loader, and notes names and labels.
struct Observed
{
    std::map<VkObjectType, std::vector<std::string>> names;
    std::vector<std::string> labels;
    std::map<VkCommandBuffer, int> open;
    bool has_nested = false;
    bool has_unopened = false;
    bool hides_extension = false;
    PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
    PFN_vkSetDebugUtilsObjectNameEXT set_name = nullptr;
    PFN_vkCmdBeginDebugUtilsLabelEXT begin = nullptr;
    PFN_vkCmdEndDebugUtilsLabelEXT end = nullptr;
    PFN_vkEnumerateInstanceExtensionProperties extensions = nullptr;
};
Observed observed;

VKAPI_ATTR VkResult VKAPI_CALL set_name(VkDevice device, const VkDebugUtilsObjectNameInfoEXT* information)
{
    observed.names[information->objectType].push_back(information->pObjectName);
    return observed.set_name(device, information);
}

VKAPI_ATTR void VKAPI_CALL begin(VkCommandBuffer commands, const VkDebugUtilsLabelEXT* label)
{
    observed.labels.push_back(label->pLabelName);
    observed.has_nested = observed.has_nested || ++observed.open[commands] > 1;
    observed.begin(commands, label);
}

VKAPI_ATTR void VKAPI_CALL end(VkCommandBuffer commands)
{
    observed.has_unopened = observed.has_unopened || --observed.open[commands] < 0;
    observed.end(commands);
}

VKAPI_ATTR VkResult VKAPI_CALL extensions(const char* layer, uint32_t* count, VkExtensionProperties* properties)
{
    const VkResult result = observed.extensions(layer, count, properties);
    for (uint32_t i = 0; properties != nullptr && observed.hides_extension && i < *count; ++i)
    {
        if (std::string_view(properties[i].extensionName) == VK_EXT_DEBUG_UTILS_EXTENSION_NAME)
            std::strcpy(properties[i].extensionName, "VK_EXT_something_else");
    }
    return result;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance_proc_addr(VkInstance instance, const char* name)
{
    const PFN_vkVoidFunction real = observed.get_instance_proc_addr(instance, name);
    PFN_vkVoidFunction given = real;
    const auto replace = [&]<class Function>(const char* wanted, Function& kept, Function own)
    {
        if (real == nullptr || std::strcmp(name, wanted) != 0)
            return;
        kept = reinterpret_cast<Function>(real);
        given = reinterpret_cast<PFN_vkVoidFunction>(own);
    };
    replace("vkSetDebugUtilsObjectNameEXT", observed.set_name, &set_name);
    replace("vkCmdBeginDebugUtilsLabelEXT", observed.begin, &begin);
    replace("vkCmdEndDebugUtilsLabelEXT", observed.end, &end);
    replace("vkEnumerateInstanceExtensionProperties", observed.extensions, &extensions);
    return given;
}

vk::LoaderOptions observing_loader()
{
    return {.get_instance_proc_addr = reinterpret_cast<void*>(&get_instance_proc_addr)};
}

std::shared_ptr<vk::Device> observed_device(vk::DeviceOptions options, bool hides_extension = false)
{
    observed = {};
    observed.hides_extension = hides_extension;
    void* const library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
    REQUIRE(library != nullptr);
    observed.get_instance_proc_addr =
        reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
    options.loader = observing_loader();
    options.use_pipeline_cache = false;
    return take(vk::Device::create(options));
}

Graph small_network()
{
    GraphBuilder net("small");
    const ValueId x = net.input("x", {1, 3, 16, 16});
    const ValueId y = net.softmax(net.relu(net.conv(x, "first", {.channels = 8, .kernel = 3})));
    Graph graph = take(net.finish({y}, {"y"}));
    invent_weights(graph);
    return graph;
}

/// The nodes that ran, as the labels name them.
std::vector<std::string> run_network(const std::shared_ptr<vk::Device>& device)
{
    Session session = take(Session::create(Device(device), small_network(), {.timing = Timing::nodes}));
    const NamedTensor input = {"x", Tensor::from({1, 3, 16, 16}, std::vector<float>(3 * 16 * 16, 0.5f))};
    std::vector<std::string> nodes;
    for (const NodeTime& node : take(session.run({&input, 1})).nodes)
        nodes.push_back(node.node + " (" + node.op + ")");
    return nodes;
}

bool has_name(VkObjectType type, const std::string& name)
{
    return std::ranges::find(observed.names[type], name) != observed.names[type].end();
}

void check_balance()
{
    CHECK_FALSE(observed.has_nested);
    CHECK_FALSE(observed.has_unopened);
    for (const auto& [commands, depth] : observed.open)
        CHECK(depth == 0);
}

} // namespace

TEST_CASE("labels: the commands of every node are labelled, and buffers, pipelines and command buffers have names")
{
    for (const bool validate : {false, true})
    {
        CAPTURE(validate);
        const auto device = observed_device({.validate = validate, .debug_labels = !validate}); // validation implies it
        if (!device->description().has_timestamps)
            return;
        const std::vector<std::string> nodes = run_network(device);
        REQUIRE(nodes.size() >= 3);
        for (const std::string& node : nodes)
            CHECK_MESSAGE(std::ranges::find(observed.labels, node) != observed.labels.end(), node);
        check_balance();
        CHECK(has_name(VK_OBJECT_TYPE_BUFFER, "vkseg weights"));
        CHECK(has_name(VK_OBJECT_TYPE_BUFFER, "vkseg activations"));
        CHECK(has_name(VK_OBJECT_TYPE_DEVICE_MEMORY, "vkseg staging"));
        CHECK(has_name(VK_OBJECT_TYPE_COMMAND_BUFFER, "vkseg small, commands 1 of 1"));
        const std::vector<std::string>& pipelines = observed.names[VK_OBJECT_TYPE_PIPELINE];
        const auto is_conv = [](const std::string& name) { return name.starts_with("conv") && name.find(" 0=") > 0; };
        CHECK(std::ranges::any_of(pipelines, is_conv));
        CHECK(device->validation_message_count() == 0);
    }
}

TEST_CASE("labels: nothing is named unless it is asked for")
{
    run_network(observed_device({}));
    CHECK(observed.names.empty());
    CHECK(observed.labels.empty());
    const bool has_asked = observed.set_name != nullptr;
    CHECK_FALSE(has_asked);
}

TEST_CASE("labels: a region that a cut divides goes on in the next command buffer")
{
    const auto device = observed_device({.validate = true});
    const vk::Buffer buffer = vk::make_buffer(device, 256);
    vk::CommandList list(device);
    list.label("one");
    list.fill({&buffer}, 1);
    list.cut();
    list.fill({&buffer}, 2);
    list.barrier();
    list.label("two");
    list.fill({&buffer}, 3);
    vk::require_ok(list.finish());
    vk::require_ok(device->run(list));
    CHECK(observed.labels == std::vector<std::string>{"one", "one", "two"});
    CHECK(observed.names[VK_OBJECT_TYPE_COMMAND_BUFFER] ==
          std::vector<std::string>{"vkseg, commands 1 of 2", "vkseg, commands 2 of 2"});
    check_balance();
    CHECK(device->validation_message_count() == 0);
}

TEST_CASE("labels: without VK_EXT_debug_utils the device works without labels")
{
    const auto device = observed_device({.debug_labels = true}, /* hides_extension= */ true);
    CHECK_FALSE(run_network(device).empty());
    CHECK(observed.names.empty());
    CHECK(observed.labels.empty());
}

TEST_CASE("labels: a device of an app has labels if the app's instance has enabled the extension")
{
    for (const bool is_enabled : {true, false})
    {
        CAPTURE(is_enabled);
        const auto owner = observed_device({.debug_labels = is_enabled});
        vk::DeviceState& state = owner->state();
        const vk::AppDevice app = {.instance = state.instance->handle(),
                                   .physical = state.physical.handle,
                                   .device = state.handle,
                                   .queue = state.queue,
                                   .queue_family = state.physical.queue_family,
                                   .api_version = VK_API_VERSION_1_1};
        const auto device = take(
            vk::Device::use(app, {.loader = observing_loader(), .use_pipeline_cache = false, .debug_labels = true}));
        CHECK_FALSE(run_network(device).empty());
        CHECK(observed.labels.empty() != is_enabled);
        check_balance();
    }
}

TEST_CASE("labels: the environment variable asks for them unless it is empty or 0")
{
    CHECK(vk::asks_for_labels("1"));
    CHECK(vk::asks_for_labels("yes"));
    CHECK_FALSE(vk::asks_for_labels("0"));
    CHECK_FALSE(vk::asks_for_labels(""));
    CHECK_FALSE(vk::asks_for_labels(nullptr));
}

} // namespace vkseg::debug_labels_test
