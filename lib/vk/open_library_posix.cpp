#include "vk/open_library.hpp"

#include <dlfcn.h>

namespace vkseg::vk {

void (*find_in_library(const char* library, const char* function))()
{
    void* const handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    return handle == nullptr ? nullptr : reinterpret_cast<void (*)()>(dlsym(handle, function));
}

bool can_open_libraries()
{
    return dlopen(nullptr, RTLD_NOW | RTLD_LOCAL) != nullptr;
}

} // namespace vkseg::vk
