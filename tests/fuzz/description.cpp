// The JSON of a model description.
#include "fuzz/target.hpp"
#include "vkseg/segment.hpp"

using namespace vkseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    fuzz::require_message(parse_description(fuzz::text_of(data, size), "description").status());
    return 0;
}
