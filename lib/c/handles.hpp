#pragma once

#include "base/try.hpp"
#include "vkseg/segment.hpp"
#include "vkseg/vkseg.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

/// The objects that the handles of vkseg.h stand for, and help for its functions.
struct vkseg_device
{
    vkseg::Device device;
    vkseg::DeviceDescription description;
};

struct vkseg_model
{
    vkseg::Graph graph;
    std::filesystem::path path; ///< empty: from memory
};

namespace vkseg::c {

/// Keeps the message for vkseg_last_message() and returns the code.
vkseg_status failure(const Status& status);
vkseg_status invalid_argument(const std::string& message);

/// Reads the members that the caller's struct has; the others, or all without a struct, have their defaults. Fails if
/// its size is not set.
template <class T>
Status read(const T* given, T& known)
{
    known = {};
    if (given != nullptr && given->struct_size <= sizeof(size_t))
        return Status(StatusCode::invalid_argument,
                      "expected a struct whose struct_size is set, got " + std::to_string(given->struct_size));
    if (given != nullptr)
        std::memcpy(&known, given, std::min(given->struct_size, sizeof(T)));
    known.struct_size = sizeof(T);
    return {};
}

/// Writes the members that the caller's struct has, but not its size.
template <class T>
vkseg_status give(const T& value, T* target)
{
    if (target == nullptr || target->struct_size <= sizeof(size_t))
        return invalid_argument("expected a struct whose struct_size is set, got none");
    const size_t begin = sizeof(size_t);
    std::memcpy(reinterpret_cast<char*>(target) + begin, reinterpret_cast<const char*>(&value) + begin,
                std::min(target->struct_size, sizeof(T)) - begin);
    return VKSEG_OK;
}

Result<SessionOptions> session_options(const vkseg_session_options* options);

} // namespace vkseg::c
