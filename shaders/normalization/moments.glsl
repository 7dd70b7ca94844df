// Mean and variance of values that are processed in parts.
#ifndef VKSEG_MOMENTS_GLSL
#define VKSEG_MOMENTS_GLSL

struct Moments
{
    vec4 mean;
    vec4 squares; // sum of squared differences from the mean
    float count;
};

// Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
Moments merge(Moments a, Moments b)
{
    if (b.count == 0.0)
        return a;
    const float count = a.count + b.count;
    const vec4 difference = b.mean - a.mean;
    const float weight = b.count / count;
    return Moments(a.mean + difference * weight,
                   a.squares + b.squares + difference * difference * (a.count * weight), count);
}

#endif
