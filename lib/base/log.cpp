#include "base/log.hpp"

namespace vkseg {

constinit Hook<LogTarget> log_hook;

void LogTarget::operator()(LogLevel level, const std::string& message) const
{
    if (callback != nullptr)
        callback(level, message.c_str(), user);
    if (plain_callback != nullptr)
        plain_callback(int32_t(level), message.c_str(), user);
}

void write_log(LogLevel level, const std::string& message)
{
    if (is_logged(level))
        log_hook.call(level, message);
}

void set_log(LogCallback callback, void* user, LogLevel max_level)
{
    log_hook.set({.callback = callback, .user = user}, callback != nullptr ? int(max_level) : Hook<LogTarget>::off);
}

} // namespace vkseg
