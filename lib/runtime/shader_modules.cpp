#include "runtime/shader_modules.hpp"

#include <zstd.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>

namespace vkseg {
namespace {

std::span<const uint32_t> unpack(const ShaderPack& pack)
{
    static std::mutex mutex;
    // Never destroyed: another thread may still use it when the process ends.
    static auto& unpacked = *new std::map<const ShaderPack*, std::unique_ptr<uint32_t[]>>;

    const std::lock_guard lock(mutex);
    std::unique_ptr<uint32_t[]>& words = unpacked[&pack];
    const size_t count = pack.ends.back();
    if (words == nullptr)
    {
        words = std::make_unique_for_overwrite<uint32_t[]>(count);
        const size_t bytes = count * sizeof(uint32_t);
        if (ZSTD_decompress(words.get(), bytes, pack.compressed.data(), pack.compressed.size()) != bytes)
            std::abort(); // the library itself is damaged: no result could be trusted
    }
    return {words.get(), count};
}

} // namespace

std::span<const uint32_t> spirv_of(Shader shader, Storage storage)
{
    const PackedModule& module = shader_code(shader).modules[size_t(storage)];
    if (module.pack == nullptr)
        return {};
    const std::span<const uint32_t> ends = module.pack->ends;
    const uint32_t begin = module.place == 0 ? 0 : ends[module.place - 1];
    return unpack(*module.pack).subspan(begin, ends[module.place] - begin);
}

bool is_built(Shader shader, Storage storage)
{
    return shader_code(shader).modules[size_t(storage)].pack != nullptr;
}

const char* build_name(Storage storage)
{
    constexpr const char* names[] = {"f32", "f16", "i32"};
    return names[size_t(storage)];
}

} // namespace vkseg
