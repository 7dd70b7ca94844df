#pragma once

#include "base/hook.hpp"
#include "vkseg/log.hpp"

#include <string>

/// Messages for the app's developer. Texts are made only if they are wanted:
///
///     if (is_logged(LogLevel::info))
///         write_log(LogLevel::info, "device '" + name + "': opened");
namespace vkseg {

/// The same as a LogCallback, for the C interface.
using PlainLogCallback = void (*)(int32_t level, const char* message, void* user);

/// One of the callbacks is null.
struct LogTarget
{
    LogCallback callback = nullptr;
    PlainLogCallback plain_callback = nullptr;
    void* user = nullptr;

    void operator()(LogLevel level, const std::string& message) const;
};

extern constinit Hook<LogTarget> log_hook;

inline bool is_logged(LogLevel level)
{
    return int(level) <= log_hook.level();
}

void write_log(LogLevel level, const std::string& message);

} // namespace vkseg
