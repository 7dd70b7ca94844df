#pragma once

#include "vkseg/status.hpp"

namespace vkseg {

/// Status for a file that is damaged or contradicts itself.
inline Status invalid(const std::string& message)
{
    return Status(StatusCode::invalid_model, message);
}

} // namespace vkseg
