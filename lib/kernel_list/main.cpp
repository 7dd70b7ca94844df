#include "kernel_list/list_kernels.hpp"

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
        return fail("expected models");
    Kernels all;
    for (int i = first; i < argc; ++i)
    {
        const Result<Kernels> kernels = list_kernels(argv[i], gpus_only);
        if (!kernels.is_ok())
            return fail(kernels.status().message());
        all.insert(kernels->begin(), kernels->end());
    }
    constexpr const char* storages[] = {"f32", "f16", "i32"};
    for (const auto& [shader, storage] : all)
        std::printf("%s %s\n", shader_code(shader).name, storages[size_t(storage)]);
    return 0;
}
