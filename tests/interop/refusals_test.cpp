#include "interop/open_app.hpp"

/// What an app gives that does not fit, and what it has not enabled.
namespace vkseg::test::interop {

TEST_CASE("app's memory: what does not fit is refused")
{
    const std::string name = device_names()[0];
    OpenApp open(name);
    App& app = *open.app;
    Result<Segmenter> segmenter = Segmenter::create(*open.device, colour_network(), {});
    REQUIRE(segmenter.is_ok());
    const Image image = app.create_image(VK_FORMAT_R8G8B8A8_UNORM, 8, 8, picture_usage);
    const Image mask = app.create_image(VK_FORMAT_R8_UNORM, 8, 8, mask_usage);
    const Buffer buffer = app.create_buffer(1024, VK_BUFFER_USAGE_STORAGE_BUFFER_BIT);
    const VulkanPicture good = {.image = image.handle, .format = 37, .width = 8, .height = 8};
    const VulkanMask good_mask = {.image = mask.handle, .format = 9, .width = 8, .height = 8};
    const auto refusal = [&](const VulkanPicture& picture, const VulkanMask& wanted)
    {
        const Result<Pending<StageTimes>> result =
            segmenter->submit_on_device({.picture = picture, .masks = {&wanted, 1}});
        REQUIRE(!result.is_ok());
        CHECK(result.status().code() == StatusCode::invalid_argument);
        return result.status().message();
    };
    const auto picture_refusal = [&](auto change)
    {
        VulkanPicture picture = good;
        change(picture);
        return refusal(picture, good_mask);
    };
    CHECK(picture_refusal([](VulkanPicture& p) { p.image = {}; }).find("got both or none") != std::string::npos);
    CHECK(picture_refusal([&](VulkanPicture& p) { p.buffer = buffer.handle; }).find("both") != std::string::npos);
    CHECK(picture_refusal([](VulkanPicture& p) { p.format = 97; }).find("VkFormat 97") != std::string::npos);
    CHECK(picture_refusal([](VulkanPicture& p) { p.width = 0; }).find("0x8") != std::string::npos);
    CHECK(picture_refusal([](VulkanPicture& p) { p.layout = 0; }).find("UNDEFINED") != std::string::npos);
    CHECK(picture_refusal([](VulkanPicture& p) { p.layout = 8; }).find("PREINITIALIZED") != std::string::npos);
    CHECK(picture_refusal([](VulkanPicture& p) { p.layout = 12345; }).find("12345") != std::string::npos);
    CHECK(picture_refusal([](VulkanPicture& p) { p.crop = {4, 4, 5, 2}; }).find("5x2 at (4, 4)") != std::string::npos);
    CHECK(picture_refusal([](VulkanPicture& p) { p.crop = {4294967295, 0, 2, 2}; }).find("crop") != std::string::npos);
    CHECK(segmenter
              ->submit_on_device(
                  {.picture = {.image = image.handle, .format = 37, .width = 8, .height = 8, .is_foreign = true}})
              .status()
              .message()
              .find("VK_EXT_queue_family_foreign") != std::string::npos);
    CHECK(picture_refusal([](VulkanPicture& p) { p.orientation.clockwise_degrees = 45; }).find("45") !=
          std::string::npos);
    const VulkanPicture of_buffer = {.width = 8, .height = 8, .buffer = buffer.handle, .row_stride_bytes = 30};
    CHECK(refusal(of_buffer, good_mask).find("stride of 30") != std::string::npos);
    VulkanPicture far = of_buffer;
    far.row_stride_bytes = uint64_t(1) << 63; // times the height it is small again
    CHECK(refusal(far, good_mask).find("at most 2^31") != std::string::npos);
    far.row_stride_bytes = 0;
    far.offset_bytes = ~uint64_t(3);
    CHECK(refusal(far, good_mask).find("at most 2^48") != std::string::npos);
    far.offset_bytes = 2;
    CHECK(refusal(far, good_mask).find("multiples of 4") != std::string::npos);
    const auto mask_refusal = [&](auto change)
    {
        VulkanMask wanted = good_mask;
        change(wanted);
        return refusal(good, wanted);
    };
    CHECK(mask_refusal([](VulkanMask& m) { m.image = {}; }).find("both or none") != std::string::npos);
    CHECK(mask_refusal([](VulkanMask& m) { m.format = 37; }).find("VkFormat 37") != std::string::npos);
    CHECK(mask_refusal([](VulkanMask& m) { m.height = 0; }).find("8x0") != std::string::npos);
    CHECK(mask_refusal([](VulkanMask& m) { m.layout_after = 8; }).find("PREINITIALIZED") != std::string::npos);
    const VulkanMask far_mask = {
        .width = 8, .height = 3, .buffer = buffer.handle, .row_stride_bytes = uint64_t(1) << 63};
    CHECK(refusal(good, far_mask).find("at most 2^31") != std::string::npos);
    const VulkanSemaphore nothing = {};
    CHECK(segmenter->submit_on_device({.picture = good, .waits = {&nothing, 1}}).status().message().find("null") !=
          std::string::npos);
    CHECK(segmenter->submit_on_device({.picture = good, .signals = {&nothing, 1}}).status().code() ==
          StatusCode::invalid_argument);
    CHECK(segmenter->record(nullptr, {.picture = good}).status().code() == StatusCode::invalid_argument);

    VulkanDevice description = app.description();
    description.queue = nullptr;
    CHECK(use_device(description).status().code() == StatusCode::invalid_argument);
    description = app.description();
    description.api_version = VK_API_VERSION_1_0;
    CHECK(use_device(description).status().message().find("1.0") != std::string::npos);
    description = app.description();
    description.queue_family = 77;
    CHECK(use_device(description).status().code() == StatusCode::no_device);
    CHECK(use_device(app.description(), {.validate = true}).status().code() == StatusCode::invalid_argument);
    const char* const no_name = nullptr;
    description = app.description();
    description.extensions = {&no_name, 1};
    CHECK(use_device(description).status().code() == StatusCode::invalid_argument);
    app.destroy(image);
    app.destroy(mask);
    app.destroy(buffer);
}

TEST_CASE("app's memory: what the app enabled is used, and nothing else")
{
    for (const std::string& name : device_names())
    {
        INFO(name);
        VkPhysicalDevice16BitStorageFeatures storage = {};
        storage.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_16BIT_STORAGE_FEATURES;
        storage.storageBuffer16BitAccess = VK_TRUE;
        const OpenApp plain(name);
        CHECK(!plain.device->description().has_storage_f16);
        CHECK(!plain.device->description().has_arithmetic_f16);
        const std::vector<VulkanWish> wishes = missed_wishes(*plain.device);
        const bool offers = std::ranges::any_of(wishes, [](const VulkanWish& wish)
                                                { return wish.feature.find("storageBuffer16") != std::string::npos; });
        if (offers)
        {
            OpenApp richer(name, {.features = &storage});
            CHECK(richer.device->description().has_storage_f16);
            CHECK(missed_wishes(*richer.device).size() == wishes.size() - 1);
        }
        // Two devices of one app, and one of vkseg's own, side by side.
        const Result<Device> again = use_device(plain.app->description());
        REQUIRE(again.is_ok());
        for (const Device& device : {*again, *plain.device, devices()[0].device})
        {
            Result<Session> session = Session::create(device, red_network(1));
            REQUIRE(session.is_ok());
            const std::vector<NamedTensor> inputs = {
                {"x", Tensor::from({1, 3, 16, 16}, std::vector<float>(768, 0.25f))}};
            const Result<RunResult> result = session->run(inputs);
            REQUIRE_MESSAGE(result.is_ok(), result.status().message());
            CHECK(result->outputs[0].tensor.to_floats()[3] == 0.25f);
        }
        CHECK(missed_wishes(devices()[0].device).empty());
    }
}

} // namespace vkseg::test::interop
