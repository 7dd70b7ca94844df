#version 450
// One invocation computes target[i] = the sum of the four components of texel i.
layout(local_size_x_id = 0) in;
layout(binding = 0, std430) writeonly buffer Target { float target[]; };
layout(binding = 1) uniform samplerBuffer source;
layout(push_constant) uniform PushConstants { int count; };

void main()
{
    const int i = int(gl_GlobalInvocationID.x);
    if (i >= count)
        return;
    target[i] = dot(texelFetch(source, i), vec4(1.0));
}
