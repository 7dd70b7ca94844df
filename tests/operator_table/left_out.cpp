#include "operator_table/left_out.hpp"

#include "node_tests/node_case.hpp"

#include <algorithm>
#include <cstdio>
#include <map>

namespace vkseg::test {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> directories(const fs::path& data)
{
    std::vector<fs::path> found;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(data, error))
        found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

/// Whether the test can be run: some limits show only when shapes are known.
Status outcome(const fs::path& directory)
{
    const Result<NodeCase> node_case = load_node_case(directory);
    return node_case.is_ok() ? run_reference(*node_case).status() : node_case.status();
}

/// The message from the last of these words on: without the file, node or input, so that tests of one reason meet.
std::string reason(const std::string& message)
{
    std::string text = message;
    for (const std::string& place : {std::string("model.onnx: "), std::string("): ")})
    {
        const size_t at = text.rfind(place);
        if (at != std::string::npos)
            text = text.substr(at + place.size());
    }
    for (const std::string& what : {std::string("element type "), std::string("expected a tensor")})
    {
        const size_t at = text.rfind(what);
        if (at != std::string::npos)
            text = text.substr(at);
    }
    std::replace(text.begin(), text.end(), '\n', ' ');
    std::replace(text.begin(), text.end(), '|', '/');
    return text;
}

bool is_of_foreign_operator(const std::string& why)
{
    return why.find("operator is not supported") != std::string::npos ||
           why.find("operator of domain") != std::string::npos;
}

} // namespace

bool print_left_out(const fs::path& data)
{
    size_t run = 0;
    size_t foreign = 0;
    std::map<std::string, std::string> left_out;
    for (const fs::path& directory : directories(data))
    {
        const Status status = outcome(directory);
        run += status.is_ok();
        if (status.is_ok())
            continue;
        const std::string why = reason(status.message());
        const bool is_foreign = is_of_foreign_operator(why);
        foreign += is_foreign;
        if (is_foreign)
            continue;
        std::string& names = left_out[why];
        names += (names.empty() ? "" : ", ") + directory.filename().string();
    }
    std::printf(
        "\n## ONNX's node tests\n\n%zu of the tests in Debian's libonnx-testdata are run, on devices in turn; "
        "sequences "
        "and optional values among inputs and outputs are made of tensors, and taken apart, by nodes around the model. "
        "%zu are of operators, or parts of a model, that vkseg does not read. These are left out though their operator "
        "is "
        "read:\n\n| why | tests |\n|---|---|\n",
        run, foreign);
    for (const auto& [why, names] : left_out)
        std::printf("| %s | %s |\n", why.c_str(), names.c_str());
    return run > 0;
}

} // namespace vkseg::test
