#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32
// Computes multiply-adds on eight independent values, and writes one number that depends on all of them. Eight values hide the
// latency of processors without using up the registers of processors that have 16.
#include "shared/tensor.glsl"
#include "calibrate/calibrate.h"

layout(push_constant) uniform Push { MultiplyAddPush p; };
layout(binding = 0) writeonly buffer Y { float y[]; };

void main()
{
    const int i = linear_index();
    const vec4 start = float(i & 1023) + vec4(0, 1, 2, 3);
    vec4 a = start;
    vec4 b = start + 4.0;
    for (int trip = 0; trip < p.trips; ++trip)
    {
        a = a * p.scale + p.shift;
        b = b * p.scale + p.shift;
        a = a * p.scale + p.shift;
        b = b * p.scale + p.shift;
        a = a * p.scale + p.shift;
        b = b * p.scale + p.shift;
        a = a * p.scale + p.shift;
        b = b * p.scale + p.shift;
        a = a * p.scale + p.shift;
        b = b * p.scale + p.shift;
        a = a * p.scale + p.shift;
        b = b * p.scale + p.shift;
        a = a * p.scale + p.shift;
        b = b * p.scale + p.shift;
        a = a * p.scale + p.shift;
        b = b * p.scale + p.shift;
    }
    y[i] = dot(a + b, vec4(1));
}
