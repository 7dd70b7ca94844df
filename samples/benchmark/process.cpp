#include "process.hpp"

#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/resource.h>

namespace vkseg::benchmark {

double process_ms()
{
    rusage usage = {};
    getrusage(RUSAGE_SELF, &usage);
    const auto ms = [](const timeval& time) { return double(time.tv_sec) * 1e3 + double(time.tv_usec) * 1e-3; };
    return ms(usage.ru_utime) + ms(usage.ru_stime);
}

size_t peak_resident_bytes()
{
    std::ifstream file("/proc/self/status");
    std::string word;
    while (file >> word)
    {
        size_t kibibytes = 0;
        if (word == "VmHWM:" && file >> kibibytes)
            return kibibytes * 1024;
    }
    return 0;
}

double processor_load()
{
    double load = 0;
    return getloadavg(&load, 1) == 1 ? load : 0;
}

} // namespace vkseg::benchmark
