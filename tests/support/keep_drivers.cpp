// Under sanitizers drivers stay loaded, so that a report of leaks or races can tell theirs from ours by the name of the
// library (leak_suppressions.txt, race_suppressions.txt): the loader's dlclose finds this one.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#include <dlfcn.h>

extern "C" int dlclose(void*) noexcept
{
    return 0;
}
#endif
#endif
