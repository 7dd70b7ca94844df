// The bytes of a safetensors file: its tensors, and the options of a network of the zoo in its metadata.
#include "formats/safetensors/read_safetensors.hpp"
#include "fuzz/target.hpp"
#include "zoo/parse.hpp"

using namespace vkseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const Result<WeightFile> file = parse_safetensors({.bytes = fuzz::bytes_of(data, size)});
    fuzz::require_message(file.status());
    if (!file.is_ok())
        return 0;
    for (const NamedTensor& named : file->tensors)
        fuzz::require(named.tensor.bytes().size() ==
                          size_t(named.tensor.shape().elements()) * size_bytes(named.tensor.type()),
                      "a tensor has as many bytes as its shape and type say");
    ZooOptions options;
    fuzz::require_message(zoo::read_metadata(file->metadata, options));
    return 0;
}
