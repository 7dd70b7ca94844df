#include "c/handles.hpp"

struct vkseg_device_list
{
    std::vector<vkseg::DeviceDescription> devices;
};

namespace vkseg::c {
namespace {

std::string& last_message()
{
    thread_local std::string message;
    return message;
}

vkseg_status give_description(const DeviceDescription& device, vkseg_device_description* target)
{
    vkseg_device_description description = {};
    description.name = device.name.c_str();
    description.driver = device.driver.c_str();
    description.type = device.type.c_str();
    description.vendor_id = device.vendor_id;
    description.device_id = device.device_id;
    description.device_memory_bytes = device.device_memory_bytes;
    description.has_storage_f16 = device.has_storage_f16;
    description.unusable_because = device.unusable_because.c_str();
    return give(description, target);
}

} // namespace

vkseg_status failure(const Status& status)
{
    last_message() = status.message();
    return vkseg_status(status.code());
}

vkseg_status invalid_argument(const std::string& message)
{
    return failure(Status(StatusCode::invalid_argument, message));
}

// The numbers of vkseg.h are those of StatusCode.
static_assert(int(StatusCode::ok) == VKSEG_OK && int(StatusCode::invalid_argument) == VKSEG_INVALID_ARGUMENT &&
              int(StatusCode::invalid_model) == VKSEG_INVALID_MODEL &&
              int(StatusCode::unsupported) == VKSEG_UNSUPPORTED && int(StatusCode::io_error) == VKSEG_IO_ERROR &&
              int(StatusCode::no_device) == VKSEG_NO_DEVICE && int(StatusCode::out_of_memory) == VKSEG_OUT_OF_MEMORY &&
              int(StatusCode::device_lost) == VKSEG_DEVICE_LOST);

} // namespace vkseg::c

using namespace vkseg;

const char* vkseg_last_message(void)
{
    return c::last_message().c_str();
}

const char* vkseg_version(void)
{
    return VKSEG_VERSION;
}

vkseg_status vkseg_device_list_create(vkseg_device_list** list)
{
    if (list == nullptr)
        return c::invalid_argument("vkseg_device_list_create: list is NULL");
    Result<std::vector<DeviceDescription>> devices = list_devices();
    if (!devices.is_ok())
        return c::failure(devices.status());
    *list = new vkseg_device_list{*std::move(devices)};
    return VKSEG_OK;
}

size_t vkseg_device_list_count(const vkseg_device_list* list)
{
    return list == nullptr ? 0 : list->devices.size();
}

vkseg_status vkseg_device_list_get(const vkseg_device_list* list, size_t index, vkseg_device_description* description)
{
    if (index >= vkseg_device_list_count(list))
        return c::invalid_argument("vkseg_device_list_get: there is no device " + std::to_string(index));
    return c::give_description(list->devices[index], description);
}

void vkseg_device_list_free(vkseg_device_list* list)
{
    delete list;
}

vkseg_status vkseg_device_open(const vkseg_device_options* options, vkseg_device** device)
{
    if (device == nullptr)
        return c::invalid_argument("vkseg_device_open: device is NULL");
    vkseg_device_options known;
    if (const Status status = c::read(options, known); !status.is_ok())
        return c::failure(status);
    DeviceOptions wanted;
    if (known.select != nullptr)
        wanted.select = known.select;
    if (known.cache_directory != nullptr)
        wanted.cache_directory = known.cache_directory;
    wanted.use_pipeline_cache = known.no_pipeline_cache == 0;
    wanted.validate = known.validate != 0;
    wanted.debug_labels = known.debug_labels != 0;
    Result<Device> opened = Device::create(wanted);
    if (!opened.is_ok())
        return c::failure(opened.status());
    DeviceDescription description = opened->description();
    *device = new vkseg_device{*std::move(opened), std::move(description)};
    return VKSEG_OK;
}

vkseg_status vkseg_device_describe(const vkseg_device* device, vkseg_device_description* description)
{
    if (device == nullptr)
        return c::invalid_argument("vkseg_device_describe: device is NULL");
    return c::give_description(device->description, description);
}

void vkseg_device_close(vkseg_device* device)
{
    delete device;
}
