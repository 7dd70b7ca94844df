#include "base/log.hpp"
#include "c/handles.hpp"

namespace vkseg::c {

// The numbers of vkseg.h are those of LogLevel.
static_assert(int(LogLevel::error) == VKSEG_LOG_ERROR && int(LogLevel::warning) == VKSEG_LOG_WARNING &&
              int(LogLevel::info) == VKSEG_LOG_INFO && int(LogLevel::debug) == VKSEG_LOG_DEBUG);

} // namespace vkseg::c

using namespace vkseg;

vkseg_status vkseg_set_log(vkseg_log_callback callback, void* user, int32_t max_level)
{
    if (max_level < VKSEG_LOG_ERROR || max_level > VKSEG_LOG_DEBUG)
        return c::invalid_argument("vkseg_set_log: expected a level from VKSEG_LOG_ERROR (0) to VKSEG_LOG_DEBUG (3), "
                                   "got " +
                                   std::to_string(max_level));
    log_hook.set({.plain_callback = callback, .user = user}, callback != nullptr ? max_level : Hook<LogTarget>::off);
    return VKSEG_OK;
}
