#pragma once

#include "vkseg/status.hpp"

#include <vector>

namespace vkseg {

/// Collects everything in a network that vkseg does not support, for one message.
class UnsupportedList
{
public:
    /// Stores a status with the code `unsupported` for the message; returns any other status.
    Status collect(const Status& status);

    bool is_empty() const { return messages_.empty(); }
    /// Ok if nothing was collected.
    Status status() const;

private:
    std::vector<std::string> messages_;
};

} // namespace vkseg
