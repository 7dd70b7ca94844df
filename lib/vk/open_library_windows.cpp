#include "vk/open_library.hpp"

#include "base/text.hpp"

#include "base/windows_api.hpp"

namespace vkseg::vk {

void (*find_in_library(const char* library, const char* function))()
{
    const HMODULE handle = LoadLibraryW(path_of(library).c_str());
    return handle == nullptr ? nullptr : reinterpret_cast<void (*)()>(GetProcAddress(handle, function));
}

bool can_open_libraries()
{
    return true;
}

} // namespace vkseg::vk
