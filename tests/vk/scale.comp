#version 450
// One invocation computes target[i] = source[i] * scale + offset.
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const float scale = 0.0;
layout(binding = 0, std430) writeonly buffer Target { float target[]; };
layout(binding = 1, std430) readonly buffer Source { float source[]; };
layout(push_constant) uniform PushConstants
{
    float offset;
    uint count;
};

void main()
{
    const uint i = gl_GlobalInvocationID.x;
    if (i >= count)
        return;
    target[i] = source[i] * scale + offset;
}
