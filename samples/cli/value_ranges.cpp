#include "value_ranges.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace vkseg::cli {
namespace {

/// Counts of values in bins of equal width from the smallest value to the largest.
struct Histogram
{
    static constexpr size_t bins = 4096;

    ValueRange range;
    std::vector<uint64_t> counts = std::vector<uint64_t>(bins);

    float width() const { return (range.high - range.low) / float(bins); }
    void add(std::span<const float> values);
};

void Histogram::add(std::span<const float> values)
{
    const float per_unit = width() > 0 ? 1 / width() : 0;
    for (const float value : values)
    {
        const float place = (value - range.low) * per_unit;
        if (std::isfinite(place))
            ++counts[std::min(size_t(std::max(place, 0.0f)), bins - 1)];
    }
}

/// The range without the outermost values, as many at the lower end as at the upper.
ValueRange range_of_share(const Histogram& histogram, double share)
{
    const uint64_t total = std::accumulate(histogram.counts.begin(), histogram.counts.end(), uint64_t(0));
    const auto outside = uint64_t(double(total) * (1 - share) / 2);
    const auto end = [&](auto begin)
    {
        size_t bins = 0;
        for (uint64_t passed = 0; bins < Histogram::bins; ++bins, ++begin)
        {
            passed += *begin;
            if (passed > outside)
                break;
        }
        return float(bins);
    };
    const float width = histogram.width();
    return {.low = histogram.range.low + width * end(histogram.counts.begin()),
            .high = histogram.range.high - width * end(histogram.counts.rbegin())};
}

/// Kullback-Leibler divergence of the distribution from that of 256 integers for the bins [first, last); values
/// outside become those at the ends.
double divergence(const Histogram& histogram, size_t first, size_t last)
{
    constexpr size_t levels = 256;
    constexpr double vanishing = 1e-9;
    const std::span<const uint64_t> counts = histogram.counts;
    std::vector<double> clipped(counts.begin() + std::ptrdiff_t(first), counts.begin() + std::ptrdiff_t(last));
    const std::vector<double> inside = clipped;
    for (size_t bin = 0; bin < counts.size(); ++bin)
    {
        if (bin < first || bin >= last)
            clipped[bin < first ? 0 : clipped.size() - 1] += double(counts[bin]);
    }
    const auto sum = [](std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); };
    const double total = sum(clipped);
    const double total_inside = std::max(sum(inside), 1.0);
    double result = 0;
    for (size_t level = 0; level < levels; ++level)
    {
        const size_t begin = level * inside.size() / levels;
        const size_t end = (level + 1) * inside.size() / levels;
        const std::span<const double> part = std::span(inside).subspan(begin, end - begin);
        const auto filled = std::ranges::count_if(part, [](double count) { return count > 0; });
        const double each = filled > 0 ? sum(part) / double(filled) / total_inside : 0;
        for (size_t bin = begin; bin < end; ++bin)
        {
            const double p = clipped[bin] / total;
            if (p > 0)
                result += p * std::log(p / std::max(inside[bin] > 0 ? each : 0, vanishing));
        }
    }
    return result;
}

/// The range, around 0, of the smallest divergence.
ValueRange range_of_entropy(const Histogram& histogram)
{
    constexpr size_t candidates = 96;
    constexpr double smallest = 0.05; // of the whole range
    const float width = histogram.width();
    const double zero = std::clamp(double(-histogram.range.low / width), 0.0, double(Histogram::bins));
    ValueRange best = histogram.range;
    double least = std::numeric_limits<double>::infinity();
    for (size_t i = 0; i < candidates; ++i)
    {
        const double share = 1 - (1 - smallest) * double(i) / double(candidates - 1);
        const auto first = size_t(zero * (1 - share));
        const auto last = std::max(first + 1, size_t(zero + (double(Histogram::bins) - zero) * share));
        if (last - first < 256) // as many bins as integers
            break;
        const double value = divergence(histogram, first, last);
        if (value >= least)
            continue;
        least = value;
        best = {.low = histogram.range.low + width * float(first), .high = histogram.range.low + width * float(last)};
    }
    return best;
}

ValueRange range_of(const Histogram& histogram, const RangeOptions& options)
{
    const bool is_constant = !(histogram.width() > 0);
    if (options.method == RangeMethod::minmax || is_constant)
        return histogram.range;
    // Few values leave most bins empty, so that any range has their distribution.
    constexpr uint64_t min_values = 64 * Histogram::bins;
    const bool is_sparse = std::accumulate(histogram.counts.begin(), histogram.counts.end(), uint64_t(0)) < min_values;
    return options.method == RangeMethod::entropy && !is_sparse ? range_of_entropy(histogram)
                                                                : range_of_share(histogram, options.percentile / 100);
}

/// Extents of a value over all runs.
struct Extents
{
    ValueRange range = {.low = std::numeric_limits<float>::infinity(), .high = -std::numeric_limits<float>::infinity()};
    size_t elements = 0; ///< largest number in a run
};

std::vector<Extents> find_extents(const Device& device, Graph graph, const std::vector<ValueId>& ids, size_t runs,
                                  const InputsOf& inputs, const SessionOptions& options)
{
    constexpr size_t results_each = 3;
    graph.outputs.clear();
    for (const ValueId id : ids)
    {
        const std::string name = graph.values[id].name;
        const auto add = [&](const char* suffix, Op op)
        { graph.outputs.push_back(graph.add_node(name + suffix, std::move(op), {id})); };
        add(" (smallest)", Reduce{.kind = ReduceKind::min, .axes = {}});
        add(" (largest)", Reduce{.kind = ReduceKind::max, .axes = {}});
        add(" (elements)", ShapeOf{.end = {}, .is_size = true});
    }
    Session session = take(Session::create(device, std::move(graph), options));
    std::vector<Extents> extents(ids.size());
    Progress progress("find ranges");
    for (size_t run = 0; run < runs; ++run)
    {
        const RunResult result = take(session.run(inputs(run)));
        for (size_t i = 0; i < ids.size(); ++i)
        {
            const auto output = [&](size_t part) { return result.outputs[i * results_each + part].tensor; };
            const float low = output(0).to_floats().front();
            const float high = output(1).to_floats().front();
            if (!std::isfinite(low) || !std::isfinite(high))
                throw Failure(bad_input, fmt::format("quantize: value '{}' is not finite for input {}",
                                                     shown(result.outputs[i * results_each].name), run + 1));
            extents[i].range.low = std::min(extents[i].range.low, low);
            extents[i].range.high = std::max(extents[i].range.high, high);
            extents[i].elements = std::max(extents[i].elements, size_t(output(2).to_integers().front()));
        }
        progress.show(double(run + 1) / double(runs));
    }
    return extents;
}

/// Cuts the values into groups that are copied to the host together: [begin, end) of each.
std::vector<std::pair<size_t, size_t>> group_values(const std::vector<Extents>& extents)
{
    constexpr size_t max_elements = size_t(64) << 20;
    std::vector<std::pair<size_t, size_t>> groups;
    size_t elements = 0;
    for (size_t i = 0; i < extents.size(); ++i)
    {
        if (groups.empty() || elements + extents[i].elements > max_elements)
        {
            groups.emplace_back(i, i);
            elements = 0;
        }
        elements += extents[i].elements;
        groups.back().second = i + 1;
    }
    return groups;
}

} // namespace

std::map<std::string, ValueRange> find_value_ranges(const Device& device, const Graph& graph,
                                                    const std::vector<std::string>& values, size_t runs,
                                                    const InputsOf& inputs, const RangeOptions& options,
                                                    const SessionOptions& session_options)
{
    std::vector<ValueId> ids;
    for (const std::string& name : values)
        ids.push_back(graph.find_value(name).value());
    const std::vector<Extents> extents = find_extents(device, graph, ids, runs, inputs, session_options);
    std::vector<Histogram> histograms;
    for (const Extents& value : extents)
        histograms.push_back({.range = value.range});
    const std::vector<std::pair<size_t, size_t>> groups =
        options.method == RangeMethod::minmax ? std::vector<std::pair<size_t, size_t>>() : group_values(extents);
    Progress progress("count values");
    for (size_t group = 0; group < groups.size(); ++group)
    {
        const auto [begin, end] = groups[group];
        Graph part = graph;
        part.outputs.assign(ids.begin() + std::ptrdiff_t(begin), ids.begin() + std::ptrdiff_t(end));
        Session session = take(Session::create(device, std::move(part), session_options));
        for (size_t run = 0; run < runs; ++run)
        {
            const RunResult result = take(session.run(inputs(run)));
            for (size_t i = begin; i < end; ++i)
                histograms[i].add(result.outputs[i - begin].tensor.to_floats());
            progress.show(double(group * runs + run + 1) / double(groups.size() * runs));
        }
    }
    std::map<std::string, ValueRange> ranges;
    for (size_t i = 0; i < values.size(); ++i)
        ranges.emplace(values[i], range_of(histograms[i], options));
    return ranges;
}

} // namespace vkseg::cli
