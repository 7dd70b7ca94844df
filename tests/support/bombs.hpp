#pragma once

#include <string>
#include <vector>

namespace vkseg::test {

struct BombFile
{
    std::string name;
    std::string bytes;
};

/// Files below 1 MB that ask for memory or time without measure, and a command of vkseg that reads them.
struct Bomb
{
    std::string name; ///< fit for a file name
    std::vector<BombFile> files;
    std::string arguments; ///< of vkseg
    /// The one line on stderr holds these words; empty: the command succeeds, within the same bounds.
    std::string words;
    int max_lines = 1; ///< on stderr; lists of what is unsupported or missing have more
};

std::vector<Bomb> bombs();

} // namespace vkseg::test
