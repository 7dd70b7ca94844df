// The bytes of a NumPy file.
#include "cli/npy.hpp"
#include "cli/common.hpp"
#include "fuzz/target.hpp"

using namespace vkseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::span<const std::byte> bytes = fuzz::bytes_of(data, size);
    try
    {
        const Tensor tensor = cli::parse_npy({bytes.begin(), bytes.end()}, "input");
        fuzz::require(tensor.bytes().size() == size_t(tensor.shape().elements()) * size_bytes(tensor.type()),
                      "a tensor has as many bytes as its shape and type say");
    }
    catch (const cli::Failure& failure)
    {
        fuzz::require(failure.what()[0] != '\0', "a failure has a message");
    }
    return 0;
}
