#include "runtime/shader_modules.hpp"

#include <cstdio>
#include <fstream>
#include <string>

// Writes every embedded shader as DIR/STEM_STORAGE.spv.
int main(int argc, char** argv)
{
    if (argc != 2)
    {
        std::fprintf(stderr, "usage: vkseg_write_shaders DIR\n");
        return 2;
    }
    for (size_t i = 0; i < vkseg::shader_count; ++i)
    {
        const vkseg::ShaderCode& code = vkseg::shader_code(vkseg::Shader(i));
        for (size_t storage = 0; storage < code.modules.size(); ++storage)
        {
            const auto spirv = std::as_bytes(vkseg::spirv_of(vkseg::Shader(i), vkseg::Storage(storage)));
            if (spirv.empty())
                continue;
            const std::string path =
                std::string(argv[1]) + "/" + code.name + "_" + vkseg::build_name(vkseg::Storage(storage)) + ".spv";
            std::ofstream file(path, std::ios::binary);
            file.write(reinterpret_cast<const char*>(spirv.data()), std::streamsize(spirv.size()));
            if (!file)
            {
                std::fprintf(stderr, "vkseg_write_shaders: cannot write %s\n", path.c_str());
                return 1;
            }
        }
    }
    return 0;
}
