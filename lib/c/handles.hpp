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

/// Checks the size that a caller's struct tells. The size of every version is a multiple of the alignment, so that no
/// member is cut in two.
template <class T>
Status check_size(const T& given)
{
    if (given.struct_size > sizeof(size_t) && given.struct_size % alignof(T) == 0)
        return {};
    return Status(StatusCode::invalid_argument,
                  "expected a struct whose struct_size is its size, " + std::to_string(sizeof(T)) +
                      " bytes in this version of vkseg, got " + std::to_string(given.struct_size));
}

/// Reads the members that the caller's struct has; the others, or all without a struct, have their defaults. Fails if
/// its size is not set.
template <class T>
Status read(const T* given, T& known)
{
    known = {};
    if (given != nullptr)
        VKSEG_TRY(check_size(*given));
    if (given != nullptr)
        std::memcpy(&known, given, std::min(given->struct_size, sizeof(T)));
    known.struct_size = sizeof(T);
    return {};
}

/// Writes the members that the caller's struct has, but not its size.
template <class T>
vkseg_status give(const T& value, T* target)
{
    if (target == nullptr)
        return invalid_argument("expected a struct for the result, got null");
    if (const Status status = check_size(*target); !status.is_ok())
        return failure(status);
    const size_t begin = sizeof(size_t);
    std::memcpy(reinterpret_cast<char*>(target) + begin, reinterpret_cast<const char*>(&value) + begin,
                std::min(target->struct_size, sizeof(T)) - begin);
    return VKSEG_OK;
}

Result<SessionOptions> session_options(const vkseg_session_options* options);

} // namespace vkseg::c
