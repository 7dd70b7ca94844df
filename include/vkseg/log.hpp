#pragma once

#include "vkseg/export.hpp"

#include <cstdint>

/// Messages of the library for the app's developer: the device chosen, plans made, caches refused, faults that the
/// validation layer found. The library logs nothing and prints nothing unless the app sets a callback:
///
///     set_log([](LogLevel, const char* message, void*) { std::fprintf(stderr, "vkseg: %s\n", message); });
namespace vkseg {

enum class LogLevel : uint8_t
{
    error,   ///< A call fails, or a result is wrong: device lost, faults that the validation layer found.
    warning, ///< The library goes on, slower or less precise than it could: a cache that cannot be written.
    info,    ///< Rare events: a device opened, a model loaded, a plan made.
    debug,   ///< Details: caches read and written, quirks, buffers.
};

/// Receives one message, without a line break at its end. `message` is valid during the call only. Any thread may
/// call; calls come one at a time. The function must neither throw nor call vkseg.
using LogCallback = void (*)(LogLevel level, const char* message, void* user);

/// Sets the callback of the whole process; null: none. It receives the messages up to `max_level`. After the function
/// has returned, the former callback is not called any more. May be called at any time from any thread.
VKSEG_API void set_log(LogCallback callback, void* user = nullptr, LogLevel max_level = LogLevel::info);

} // namespace vkseg
