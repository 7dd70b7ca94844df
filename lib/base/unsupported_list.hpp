#pragma once

#include "vkseg/status.hpp"

#include <vector>

namespace vkseg {

/// Collects everything in a network that vkseg does not support, for one message.
class UnsupportedList
{
public:
    /// Stores a status with the code `unsupported` for the message; returns any other status. Statuses of one
    /// `subject`, such as an operator, are counted together.
    Status collect(const Status& status, const std::string& subject = {});

    bool is_empty() const { return parts_.empty(); }
    /// Ok if nothing was collected.
    Status status() const;

private:
    struct Part
    {
        std::string subject;
        std::string message;
    };

    std::vector<std::string> counts() const;

    std::vector<Part> parts_;
};

/// Adds what is wrong with the same node to its status: all that is unsupported joins in one message, of which the end
/// is left out if it is long; what is invalid matters more.
void add_failure(Status& status, Status failure);

} // namespace vkseg
