// Writes the malformed models into a directory: NAME.onnx, and the words that its refusal must hold in NAME.txt.
#include "support/malformed_models.hpp"

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
    for (const vkseg::test::MalformedModel& model : vkseg::test::malformed_models())
    {
        const std::string path = directory + "/" + model.name;
        std::ofstream(path + ".onnx", std::ios::binary) << model.bytes;
        std::ofstream words(path + ".txt");
        words << model.fragment << '\n';
        if (!words)
        {
            std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
            return 1;
        }
    }
    return 0;
}
