// Writes the bombs into a directory: their files, and for each in bombs.txt a line of its name, the words that its
// refusal must hold, the most lines that it may have and the arguments of vkseg, separated by tabs.
#include "support/bombs.hpp"

#include <cstdio>
#include <fstream>

int main(int argc, char** argv)
{
    if (argc != 2)
    {
        std::fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    const std::string directory = argv[1];
    std::ofstream list(directory + "/bombs.txt");
    bool is_written = true;
    for (const vkseg::test::Bomb& bomb : vkseg::test::bombs())
    {
        for (const vkseg::test::BombFile& file : bomb.files)
            is_written = std::ofstream(directory + "/" + file.name, std::ios::binary) << file.bytes && is_written;
        list << bomb.name << '\t' << (bomb.words.empty() ? "-" : bomb.words) << '\t' << bomb.max_lines << '\t'
             << bomb.arguments << '\n';
    }
    list.close();
    if (is_written && list)
        return 0;
    std::fprintf(stderr, "%s: cannot be written\n", directory.c_str());
    return 1;
}
