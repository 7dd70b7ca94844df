#include "c/handles.hpp"

#include "vkseg/model.hpp"

namespace vkseg::c {
namespace {

/// Takes the caller's bytes: copies them, or releases them with the last owner, and in any case if they are refused.
Result<MemoryFile> taken(const vkseg_bytes* bytes)
{
    vkseg_bytes known;
    VKSEG_TRY(read(bytes, known));
    const auto* data = static_cast<const std::byte*>(known.data);
    const bool is_refused = data == nullptr && known.size > 0;
    if (is_refused && known.release != nullptr)
        known.release(known.user);
    if (is_refused)
        return Status(StatusCode::invalid_argument, "expected " + std::to_string(known.size) + " bytes, got NULL");
    if (known.release == nullptr)
    {
        auto copy = std::make_shared<const std::vector<std::byte>>(data, data + known.size);
        return MemoryFile{.bytes = *copy, .owner = copy};
    }
    const auto release = [release = known.release, user = known.user](const void*) { release(user); };
    return MemoryFile{.bytes = {data, known.size}, .owner = std::shared_ptr<const void>(known.data, release)};
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
    if (bytes == nullptr)
        return c::invalid_argument("vkseg_model_from_memory: bytes is NULL");
    const Result<MemoryFile> file = c::taken(bytes);
    if (!file.is_ok())
        return c::failure(file.status());
    if (model == nullptr)
        return c::invalid_argument("vkseg_model_from_memory: model is NULL");
    const auto ask = [=](const std::string& location) -> Result<MemoryFile>
    {
        vkseg_bytes found = {};
        found.struct_size = sizeof(found);
        if (external_data(location.c_str(), &found, external_data_user) == 0)
            return Status(StatusCode::io_error, "there is no such file");
        return c::taken(&found);
    };
    Result<Graph> graph = load_model(*file, external_data != nullptr ? ExternalData(ask) : ExternalData());
    if (!graph.is_ok())
        return c::failure(graph.status());
    *model = new vkseg_model{*std::move(graph), {}};
    return VKSEG_OK;
}

void vkseg_model_free(vkseg_model* model)
{
    delete model;
}
