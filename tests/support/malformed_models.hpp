#pragma once

#include <string>
#include <vector>

namespace vkseg::test {

/// A model file that must be refused, with a message that contains `fragment`.
struct MalformedModel
{
    std::string name; ///< fit for a file name
    std::string bytes;
    std::string fragment;
};

std::vector<MalformedModel> malformed_models();

} // namespace vkseg::test
