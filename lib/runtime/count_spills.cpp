#include "runtime/count_spills.hpp"

#include <algorithm>
#include <cctype>

namespace vkseg {
namespace {

std::string in_lower_case(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return text;
}

bool contains(const std::string& text, std::initializer_list<const char*> words)
{
    return std::any_of(words.begin(), words.end(),
                       [&](const char* word) { return text.find(word) != std::string::npos; });
}

void add(std::optional<int64_t>& sum, double value)
{
    sum = sum.value_or(0) + int64_t(value);
}

} // namespace

// Statistics of Mesa's drivers: RADV "Spilled VGPRs" and "Scratch size"; ANV "Spill Count" and "Scratch Memory Size";
// Turnip "STP Count", stores to private memory; V3DV "Spill Size"; NVK "Spills to memory"; PanVK and Honeykrisp
// "Spills". Spilling to other registers costs little: RADV's "Spilled SGPRs", NVK's "Spills to reg". PanVK's "Spill
// cost" is not a count.
void count_spills(PipelineReport& report)
{
    for (const PipelineExecutable& executable : report.executables)
    {
        for (const PipelineStatistic& statistic : executable.statistics)
        {
            const std::string name = in_lower_case(statistic.name);
            if (contains(name, {"scratch", "spill size"}))
                add(report.scratch_bytes, statistic.value);
            else if (name == "stp count" || (contains(name, {"spill"}) && !contains(name, {"cost", "sgpr", "to reg"})))
                add(report.spills, statistic.value);
        }
    }
}

} // namespace vkseg
