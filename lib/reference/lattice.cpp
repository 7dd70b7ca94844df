#include "reference/lattice.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace vkseg::reference {
namespace {

using Point = std::array<int, 6>;

struct Simplex
{
    std::array<Point, 6> corners;
    std::array<float, 6> weights;
};

/// Computes in floats like shaders/crf/lattice_embed.comp; this file is compiled without contraction to fused
/// multiply-adds.
Simplex enclosing(const std::array<float, 5>& features, const std::array<float, 5>& scales)
{
    std::array<float, 6> position;
    float sum = 0;
    for (size_t axis = 5; axis > 0; --axis)
    {
        const float scaled = features[axis - 1] * scales[axis - 1];
        const float product = float(axis) * scaled;
        position[axis] = sum - product;
        sum += scaled;
    }
    position[0] = sum;

    const float sixth = 1.0f / 6.0f;
    Point nearest;
    std::array<float, 6> rests;
    for (size_t axis = 0; axis < 6; ++axis)
    {
        const float cells = position[axis] * sixth;
        const float whole = std::floor(cells + 0.5f);
        nearest[axis] = int(whole);
        rests[axis] = cells - whole;
    }
    // Axes by decreasing rest, ties in axis order. Steps that bring the sum to zero are cheapest at the ends.
    std::array<size_t, 6> order;
    std::iota(order.begin(), order.end(), size_t(0));
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return rests[a] > rests[b]; });
    int excess = std::accumulate(nearest.begin(), nearest.end(), 0);
    for (; excess > 0; --excess)
    {
        --nearest[order.back()];
        rests[order.back()] += 1;
        std::rotate(order.begin(), order.end() - 1, order.end());
    }
    for (; excess < 0; ++excess)
    {
        ++nearest[order.front()];
        rests[order.front()] -= 1;
        std::rotate(order.begin(), order.begin() + 1, order.end());
    }

    Simplex simplex;
    for (size_t k = 0; k < 6; ++k)
    {
        for (size_t rank = 0; rank < 6; ++rank)
            simplex.corners[k][order[rank]] = 6 * nearest[order[rank]] + (rank > 5 - k ? int(k) - 6 : int(k));
        simplex.weights[k] = k == 0 ? 1 + rests[order[5]] - rests[order[0]] : rests[order[5 - k]] - rests[order[6 - k]];
    }
    return simplex;
}

} // namespace

Lattice::Lattice(const LatticeGeometry& geometry, const Tensor& picture)
{
    const size_t pixels = size_t(picture.elements() / 3);
    const size_t width = size_t(picture.shape()[3]);
    const std::vector<float> colours = picture.to_floats();
    std::map<Point, size_t> numbers;
    for (size_t i = 0; i < pixels; ++i)
    {
        std::array<float, 5> features = {float(i % width), float(i / width)};
        for (size_t c = 0; c < 3; ++c)
            features[c + 2] = std::clamp(colours[c * pixels + i], 0.0f, 255.0f);
        const Simplex simplex = enclosing(features, geometry.scales);
        for (size_t k = 0; k < 6; ++k)
        {
            const size_t number = numbers.emplace(simplex.corners[k], numbers.size()).first->second;
            corners_.push_back({number, double(simplex.weights[k])});
        }
    }
    neighbours_.resize(numbers.size() * 6);
    for (const auto& [point, number] : numbers)
    {
        for (size_t axis = 0; axis < 6; ++axis)
        {
            const auto find = [&, &point = point](int step)
            {
                Point beside = point;
                for (int& coordinate : beside)
                    coordinate += step;
                beside[axis] -= 6 * step;
                const auto found = numbers.find(beside);
                return found == numbers.end() ? numbers.size() : found->second;
            };
            neighbours_[number * 6 + axis] = {.previous = find(-1), .next = find(1)};
        }
    }
}

std::vector<double> Lattice::filter(const std::vector<double>& values, size_t labels) const
{
    std::vector<double> lattice((vertices() + 1) * labels); // the last entry stands for missing vertices
    for (size_t i = 0; i < corners_.size(); ++i)
    {
        for (size_t l = 0; l < labels; ++l)
            lattice[corners_[i].vertex * labels + l] += corners_[i].weight * values[i / 6 * labels + l];
    }
    for (size_t axis = 0; axis < 6; ++axis)
    {
        std::vector<double> blurred = lattice;
        for (size_t v = 0; v < vertices(); ++v)
        {
            const Neighbours beside = neighbours_[v * 6 + axis];
            for (size_t l = 0; l < labels; ++l)
                blurred[v * labels + l] +=
                    0.5 * (lattice[beside.previous * labels + l] + lattice[beside.next * labels + l]);
        }
        lattice = std::move(blurred);
    }
    std::vector<double> sums(values.size());
    for (size_t i = 0; i < corners_.size(); ++i)
    {
        for (size_t l = 0; l < labels; ++l)
            sums[i / 6 * labels + l] += corners_[i].weight * lattice[corners_[i].vertex * labels + l];
    }
    return sums;
}

} // namespace vkseg::reference
