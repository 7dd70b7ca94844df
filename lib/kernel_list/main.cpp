#include "kernel_list/list_kernels.hpp"

#include "runtime/shader_modules.hpp"

#include <cstdio>
#include <string>
#include <string_view>

namespace {

int fail(const std::string& message)
{
    std::fprintf(stderr, "vkseg_list_kernels: %s\n", message.c_str());
    return 1;
}

} // namespace

// vkseg_list_kernels [--gpus] MODEL… prints "NAME STORAGE" for each kernel; --gpus excludes devices on the processor.
int main(int argc, char** argv)
{
    using namespace vkseg;
    const bool gpus_only = argc > 1 && std::string_view(argv[1]) == "--gpus";
    const int first = gpus_only ? 2 : 1;
    if (first >= argc)
        return fail("expected one model or more; usage: vkseg_list_kernels [--gpus] MODEL...");
    Kernels all;
    for (int i = first; i < argc; ++i)
    {
        const Result<Kernels> kernels = list_kernels(argv[i], gpus_only);
        if (!kernels.is_ok())
            return fail(kernels.status().message());
        all.insert(kernels->begin(), kernels->end());
    }
    for (const auto& [shader, storage] : all)
        std::printf("%s %s\n", shader_code(shader).name, build_name(storage));
    return 0;
}
