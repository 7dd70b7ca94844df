#pragma once

#include "vkseg/graph.hpp"

#include <filesystem>
#include <functional>

/// The subjects of measurement: operators and networks.
namespace vkseg::benchmark {

enum class SubjectKind : uint8_t
{
    operators,
    networks
};

struct Subject
{
    std::string name;
    SubjectKind kind = SubjectKind::operators;
    std::function<Graph()> load;
};

/// Operators as the networks below use them, each alone in a graph.
std::vector<Subject> operator_subjects();

/// U-Net, FCN-8s and DeepLabv3+ with random weights.
std::vector<Subject> network_subjects();

/// A network from a file. Its load() throws a Failure if the file cannot be read or the shape of an input is open.
Subject file_subject(const std::filesystem::path& model);

} // namespace vkseg::benchmark
