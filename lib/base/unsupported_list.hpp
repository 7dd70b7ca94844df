#pragma once

#include "vkseg/status.hpp"

#include <vector>

namespace vkseg {

/// Everything of a network that vkseg does not do, for one message.
class UnsupportedList
{
public:
    /// Keeps a status that says `unsupported` for the message, and returns any other.
    Status collect(const Status& status);

    /// Ok if nothing was collected.
    Status status() const;

private:
    std::vector<std::string> messages_;
};

} // namespace vkseg
