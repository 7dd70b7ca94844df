// Bytes that choose a graph, which the first device computes and the reference checks.
#include "fuzz/target.hpp"
#include "random_graphs/random_graph.hpp"
#include "support/devices.hpp"

using namespace vkseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    test::ByteSource source({data, size});
    const SessionOptions options = {.precision = source.next(2) == 0 ? Precision::f32 : Precision::f16,
                                    .reuse_memory = source.next(4) != 0,
                                    .fuse = source.next(4) != 0};
    const test::RandomGraph random = test::random_graph(source);
    const std::string wrong = test::compare_with_reference(random, test::devices().front().device, options);
    if (!wrong.empty())
        std::fprintf(stderr, "%s\n%s", wrong.c_str(), test::listing(random).c_str());
    fuzz::require(wrong.empty(), "the device computes what the reference says");
    return 0;
}
