// The files that vkseg keeps in the user's cache folder: compiled pipelines, and choices of the tuner.
#include "fuzz/target.hpp"
#include "runtime/tuned_choices.hpp"
#include "vk/pipeline_cache_file.hpp"

using namespace vkseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::span<const std::byte> bytes = fuzz::bytes_of(data, size);
    const std::span<const std::byte> cached = vk::cached_pipelines(bytes, {});
    fuzz::require(cached.size() <= bytes.size(), "no more is read than the file holds");

    const std::string text = TunedChoices::parse(fuzz::text_of(data, size)).text();
    fuzz::require(TunedChoices::parse(text).text() == text, "choices that were written are read again");
    return 0;
}
