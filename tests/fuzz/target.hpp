#pragma once

#include "vkseg/status.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

/// Shared by the fuzz targets: each file beside this one implements LLVMFuzzerTestOneInput for one reader.
namespace vkseg::fuzz {

inline std::span<const std::byte> bytes_of(const uint8_t* data, size_t size)
{
    return {reinterpret_cast<const std::byte*>(data), size};
}

inline std::string_view text_of(const uint8_t* data, size_t size)
{
    return {reinterpret_cast<const char*>(data), size};
}

/// Stops the fuzzer, which keeps the input, if a property of the library does not hold.
inline void require(bool holds, const char* property)
{
    if (holds)
        return;
    std::fprintf(stderr, "fuzz: does not hold: %s\n", property);
    std::abort();
}

/// Every refusal has words for the user.
inline void require_message(const Status& status)
{
    require(status.is_ok() || !status.message().empty(), "a failure has a message");
}

} // namespace vkseg::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
