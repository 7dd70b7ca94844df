#include "base/unsupported_list.hpp"

namespace vkseg {
namespace {

constexpr size_t max_listed = 50;

}

Status UnsupportedList::collect(const Status& status)
{
    if (status.code() != StatusCode::unsupported)
        return status;
    messages_.push_back(status.message());
    return {};
}

Status UnsupportedList::status() const
{
    if (messages_.empty())
        return {};
    if (messages_.size() == 1)
        return Status(StatusCode::unsupported, messages_.front());
    std::string list = "vkseg does not support " + std::to_string(messages_.size()) + " parts of the network:";
    for (size_t i = 0; i < messages_.size() && i < max_listed; ++i)
        list.append("\n  ").append(messages_[i]);
    if (messages_.size() > max_listed)
        list.append("\n  and ").append(std::to_string(messages_.size() - max_listed)).append(" more");
    return Status(StatusCode::unsupported, list);
}

} // namespace vkseg
