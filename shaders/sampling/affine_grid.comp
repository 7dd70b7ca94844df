#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Computes one element of four values of the grid, each a row of theta times the position of its pixel.
#include "shared/tensor.glsl"
#include "sampling/affine_grid.h"

layout(constant_id = affine_grid_align_corners_id) const bool align_corners = false;

layout(push_constant) uniform Push { AffineGrid p; };
layout(binding = 0) writeonly buffer Grid { vec4 grid[]; };
layout(binding = 1) readonly buffer Theta { float theta[]; };

// Centre of pixel i from -1 to 1, which are the outermost centres with align_corners, otherwise the outer edges.
float centre(int i, int extent)
{
    const int steps = align_corners ? extent - 1 : extent;
    return float(2 * i - extent + 1) / float(max(steps, 1));
}

void main()
{
    const int i = linear_index();
    if (i * 4 >= p.values)
        return;
    vec4 result = vec4(0.0);
    for (int lane = 0; lane < min(4, p.values - i * 4); ++lane)
    {
        const ivec2 pixel = divide(i * 4 + lane, p.axes); // pixel among those of all batch entries, row of theta
        const ivec2 column = divide(pixel.x, p.width);
        const ivec2 line = divide(column.x, p.height);
        const ivec2 plane = divide(line.x, p.depth);
        int row = p.theta_offset * 4 + (plane.x * p.axes + pixel.y) * (p.axes + 1);
        float sum = theta[row] * centre(column.y, p.width) + theta[row + 1] * centre(line.y, p.height);
        if (p.axes == 3)
            sum += theta[row + 2] * centre(plane.y, p.depth);
        result[lane] = sum + theta[row + p.axes];
    }
    grid[p.grid_offset + i] = result;
}
