#pragma once

#include <string>
#include <vector>

namespace vkseg::test {

struct BombFile
{
    std::string name;
    std::string bytes;
};

/// Files below 1 MB that ask for excessive memory or time, and the vkseg command that reads them.
struct Bomb
{
    std::string name; ///< fit for a file name
    std::vector<BombFile> files;
    std::string arguments; ///< of the vkseg program
    /// Expected in the one line on stderr. If empty, the command must succeed within the same bounds.
    std::string words;
    int max_lines = 1; ///< on stderr; messages that list unsupported or missing items have more
};

std::vector<Bomb> bombs();

} // namespace vkseg::test
