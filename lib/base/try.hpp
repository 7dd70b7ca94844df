#pragma once

#include "vkseg/status.hpp"

#define VKSEG_CONCATENATE_INNER(a, b) a##b
#define VKSEG_CONCATENATE(a, b) VKSEG_CONCATENATE_INNER(a, b)

/// Returns the Status of `expression` from the enclosing function unless it is ok.
#define VKSEG_TRY(expression)                                                                                          \
    do                                                                                                                 \
    {                                                                                                                  \
        if (::vkseg::Status vkseg_status = (expression); !vkseg_status.is_ok())                                        \
            return vkseg_status;                                                                                       \
    } while (false)

/// Declares or assigns `target` from a Result, or returns its Status: `VKSEG_ASSIGN(const Shape shape, broadcast(a,
/// b));`
#define VKSEG_ASSIGN(target, expression)                                                                               \
    VKSEG_ASSIGN_NAMED(VKSEG_CONCATENATE(vkseg_result_, __LINE__), target, expression)
#define VKSEG_ASSIGN_NAMED(result, target, ...)                                                                        \
    auto result = (__VA_ARGS__);                                                                                       \
    if (!result.is_ok())                                                                                               \
        return result.status();                                                                                        \
    target = std::move(result).value()
