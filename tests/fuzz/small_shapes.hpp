#pragma once

#include "vkseg/session.hpp"

namespace vkseg::fuzz {

/// A shape for every input that leaves extents open.
inline std::vector<NamedShape> small_shapes(const Graph& graph)
{
    constexpr int64_t extent = 8;
    std::vector<NamedShape> shapes;
    for (const ValueId id : graph.inputs)
    {
        const Value& value = graph.values[id];
        if (value.has_shape && value.shape.is_known())
            continue;
        Shape shape = value.has_shape ? value.shape : Shape{1, 3, extent, extent};
        for (size_t axis = 0; axis < shape.rank(); ++axis)
        {
            if (shape[axis] < 0)
                shape[axis] = extent;
        }
        shapes.push_back({value.name, shape});
    }
    return shapes;
}

} // namespace vkseg::fuzz
