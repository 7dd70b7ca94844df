#include "c/handles.hpp"

#include "vkseg/model.hpp"

namespace vkseg::c {
namespace {

/// Takes the caller's bytes: copies them, or releases them with the last owner.
MemoryFile taken(const vkseg_bytes& bytes)
{
    const auto* data = static_cast<const std::byte*>(bytes.data);
    if (bytes.release == nullptr)
    {
        auto copy = std::make_shared<const std::vector<std::byte>>(data, data + bytes.size);
        return {.bytes = *copy, .owner = copy};
    }
    const auto release = [release = bytes.release, user = bytes.user](const void*) { release(user); };
    return {.bytes = {data, bytes.size}, .owner = std::shared_ptr<const void>(bytes.data, release)};
}

} // namespace
} // namespace vkseg::c

using namespace vkseg;

vkseg_status vkseg_model_load(const char* path, vkseg_model** model)
{
    if (path == nullptr || model == nullptr)
        return c::invalid_argument("vkseg_model_load: path or model is NULL");
    const std::u8string_view text = reinterpret_cast<const char8_t*>(path);
    std::filesystem::path file(text);
    Result<Graph> graph = load_model(file);
    if (!graph.is_ok())
        return c::failure(graph.status());
    *model = new vkseg_model{*std::move(graph), std::move(file)};
    return VKSEG_OK;
}

vkseg_status vkseg_model_from_memory(const vkseg_bytes* bytes, vkseg_external_data external_data,
                                     void* external_data_user, vkseg_model** model)
{
    const vkseg_bytes known = c::known_members(bytes);
    if (known.data == nullptr && known.size > 0)
        return c::invalid_argument("vkseg_model_from_memory: bytes has no data");
    const MemoryFile file = c::taken(known);
    if (model == nullptr)
        return c::invalid_argument("vkseg_model_from_memory: model is NULL");
    const auto ask = [=](const std::string& location) -> Result<MemoryFile>
    {
        vkseg_bytes found = {};
        found.struct_size = sizeof(found);
        if (external_data(location.c_str(), &found, external_data_user) == 0)
            return Status(StatusCode::io_error, "there is no such file");
        return c::taken(found);
    };
    Result<Graph> graph = load_model(file, external_data != nullptr ? ExternalData(ask) : ExternalData());
    if (!graph.is_ok())
        return c::failure(graph.status());
    *model = new vkseg_model{*std::move(graph), {}};
    return VKSEG_OK;
}

void vkseg_model_free(vkseg_model* model)
{
    delete model;
}
