// The text that names a network of the zoo: NAME:key=value,…
#include "vkseg/zoo.hpp"
#include "fuzz/target.hpp"

using namespace vkseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    fuzz::require_message(load_network(std::string(fuzz::text_of(data, size))).status());
    return 0;
}
