#include "base/unsupported_list.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace vkseg {
namespace {

constexpr size_t max_listed = 50;
constexpr size_t max_counted = 20; // of these
constexpr size_t max_bytes_of_node = 1000;

} // namespace

Status UnsupportedList::collect(const Status& status, const std::string& subject)
{
    if (status.code() != StatusCode::unsupported)
        return status;
    parts_.push_back({.subject = subject, .message = status.message()});
    return {};
}

/// A line for each subject that has several parts, the most frequent first.
std::vector<std::string> UnsupportedList::counts() const
{
    std::map<std::string, std::vector<const Part*>> by_subject;
    for (const Part& part : parts_)
    {
        if (!part.subject.empty())
            by_subject[part.subject].push_back(&part);
    }
    std::vector<std::vector<const Part*>> groups;
    for (const auto& [subject, parts] : by_subject)
    {
        if (parts.size() > 1)
            groups.push_back(parts);
    }
    std::ranges::stable_sort(groups, std::greater(), [](const auto& parts) { return parts.size(); });
    groups.resize(std::min(groups.size(), max_counted));
    std::vector<std::string> lines;
    for (const std::vector<const Part*>& parts : groups)
    {
        const std::string& first = parts.front()->message;
        lines.push_back(parts.front()->subject + " × " + std::to_string(parts.size()) + ", first at " +
                        first.substr(0, first.find(" (")));
    }
    return lines;
}

Status UnsupportedList::status() const
{
    if (parts_.empty())
        return {};
    if (parts_.size() == 1)
        return Status(StatusCode::unsupported, parts_.front().message);
    std::string list = "vkseg does not support " + std::to_string(parts_.size()) + " parts of the network:";
    const std::vector<std::string> lines = counts();
    for (const std::string& line : lines)
        list.append("\n  ").append(line);
    const size_t listed = std::min(parts_.size(), max_listed - lines.size());
    for (size_t i = 0; i < listed; ++i)
        list.append("\n  ").append(parts_[i].message);
    if (parts_.size() > listed)
        list.append("\n  and ").append(std::to_string(parts_.size() - listed)).append(" more");
    return Status(StatusCode::unsupported, list);
}

void add_failure(Status& status, Status failure)
{
    constexpr std::string_view and_more = "; and more";
    const bool was_unsupported = status.code() == StatusCode::unsupported;
    if (was_unsupported && failure.code() == StatusCode::unsupported)
    {
        if (status.message().ends_with(and_more))
            return;
        const bool is_long = status.message().size() > max_bytes_of_node;
        const std::string end = is_long ? std::string(and_more) : "; " + failure.message();
        status = Status(StatusCode::unsupported, status.message() + end);
    }
    else if (status.is_ok() || was_unsupported)
        status = std::move(failure);
}

} // namespace vkseg
