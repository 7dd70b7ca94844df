#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "support/devices.hpp"

#include <cstdio>

int main(int argc, char** argv)
{
    doctest::Context context(argc, argv);
    const int outcome = context.run();
    if (context.shouldExit())
        return outcome;
    const std::vector<std::string> messages = vkseg::test::validation_messages();
    for (const std::string& message : messages)
        std::fprintf(stderr, "validation: %s\n", message.c_str());
    vkseg::test::print_summary();
    if (vkseg::test::devices().empty())
    {
        std::fputs("no usable Vulkan device, or none that VKSEG_TEST_DEVICES names: hardly anything was tested\n",
                   stderr);
        return 1;
    }
    return outcome != 0 || !messages.empty() ? 1 : 0;
}
