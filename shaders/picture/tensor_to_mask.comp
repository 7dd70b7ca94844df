#version 450
#extension GL_GOOGLE_include_directive : require
// builds: f32 f16
// Computes four consecutive pixels of the masks. Interpolates the network's output there channel by channel and keeps only the
// largest value and the sum of exponentials, so that no class is ever stored at the picture's size.
#include "shared/tensor.glsl"
#include "picture/tensor_to_mask.h"

layout(push_constant) uniform Push { TensorToMask p; };
layout(binding = 0) writeonly buffer Labels { uint labels[]; };
layout(binding = 1) writeonly buffer Confidence { uint confidence[]; };
layout(binding = 2) writeonly buffer SoftMask { uint soft_mask[]; };
layout(binding = 3) readonly buffer Source { ELEMENT source[]; };

struct Pixel
{
    uint label;
    float confidence;
    float soft;
};

const Pixel not_finite = Pixel(uint(mask_not_finite), 0.0, 0.0);
const Pixel out_of_range = Pixel(uint(mask_out_of_range), 0.0, 0.0);

bool is_finite(float value) { return SIZE_BITS(value) < infinity_bits; }

Pixel from_label(float y, float x)
{
    const int row = int(floor(y + 0.5));
    const int column = int(floor(x + 0.5));
    const float value = decode(source[view_index(p.tensor, 0, 0, row, column)]).x;
    if (!is_finite(value))
        return not_finite;
    const float whole = floor(value + 0.5);
    if (whole < 0.0 || whole > 255.0 || abs(value - whole) > mask_label_slack)
        return out_of_range;
    const uint label = uint(whole);
    const bool is_soft = p.soft_class < 0 ? label != 0u : label == uint(p.soft_class);
    return Pixel(label, 1.0, is_soft ? 1.0 : 0.0);
}

// The four elements around a position in a block of channels, and their weights. No weight is 0, so that an infinite value counts
// only at its own position: a position exactly on an element has this element twice instead.
struct Neighbours
{
    ivec4 index;
    vec4 weight;
};

Neighbours neighbours_of(float y, float x)
{
    const int row = int(floor(y));
    const int column = int(floor(x));
    const bool is_between_rows = y > float(row);
    const bool is_between_columns = x > float(column);
    const int next_row = is_between_rows ? min(row + 1, int(ceil(p.high_y))) : row;
    const int next_column = is_between_columns ? min(column + 1, int(ceil(p.high_x))) : column;
    const float part_y = is_between_rows ? y - float(row) : 0.5;
    const float part_x = is_between_columns ? x - float(column) : 0.5;
    Neighbours result;
    result.index = ivec4(view_index(p.tensor, 0, 0, row, column), view_index(p.tensor, 0, 0, row, next_column),
                         view_index(p.tensor, 0, 0, next_row, column),
                         view_index(p.tensor, 0, 0, next_row, next_column));
    result.weight = vec4((1.0 - part_y) * (1.0 - part_x), (1.0 - part_y) * part_x, part_y * (1.0 - part_x),
                         part_y * part_x);
    return result;
}

vec4 interpolated(Neighbours near, int block)
{
    const ivec4 index = near.index + block * p.tensor.block_pitch;
    return (decode(source[index.x]) * near.weight.x + decode(source[index.y]) * near.weight.y) +
           (decode(source[index.z]) * near.weight.z + decode(source[index.w]) * near.weight.w);
}

Pixel from_foreground(float value)
{
    const float probability = p.source == mask_source_logit ? 1.0 / (1.0 + exp(-value)) : value;
    const bool is_foreground = probability >= p.threshold;
    const float confidence = is_foreground ? probability : 1.0 - probability;
    const float soft = p.soft_class == 0 ? 1.0 - probability : probability;
    const bool has_no_value = is_nan(value);
    const bool is_fault = has_no_value || abs(probability - 0.5) > 0.5 + mask_probability_slack;
    const uint fault = uint(has_no_value ? mask_not_finite : mask_out_of_range);
    return Pixel(is_fault ? fault : uint(is_foreground), is_fault ? 0.0 : confidence, is_fault ? 0.0 : soft);
}

Pixel from_classes(Neighbours near)
{
    const int counted = p.soft_class < 0 ? 0 : p.soft_class;
    float largest = -infinity();
    float peak = -largest_float; // the largest, but finite, as in reduction/reduce.glsl
    int label = 0;
    float sum = 0; // of exp(value - peak)
    float counted_value = 0;
    // Padding lanes hold 0, which changes neither `smallest` nor `total`.
    vec4 smallest = vec4(0);
    vec4 total = vec4(0); // NaN if a value is NaN
    for (int first = 0; first < p.channels; first += 4)
    {
        const vec4 values = interpolated(near, first >> 2);
        const int lanes = min(4, p.channels - first);
        smallest = min(smallest, values);
        total += values;
        for (int lane = 0; lane < lanes; ++lane)
        {
            const float value = values[lane];
            const float raised = max(peak, value);
            sum = sum * exp(peak - raised) + exp(value - raised);
            peak = raised;
            if (value > largest)
                label = first + lane;
            if (first + lane == counted)
                counted_value = value;
            largest = max(largest, value);
        }
    }
    if (any(is_nan(total)))
        return not_finite;
    float confidence = largest;
    float counted_probability = counted_value;
    if (p.source == mask_source_class_logits)
    {
        if (sum < 0.5 || !is_finite(largest)) // the sum is at least 1 unless all values are -infinity
            return not_finite;
        confidence = 1.0 / sum;
        counted_probability = exp(counted_value - peak) / sum;
    }
    else if (largest > 1.0 + mask_probability_slack || any(lessThan(smallest, vec4(-mask_probability_slack))))
        return out_of_range;
    // With a confidence of 0 a class of these numbers would count as a fault.
    confidence = label >= mask_first_fault ? max(confidence, 1.0 / 255.0) : confidence;
    return Pixel(uint(label), confidence, p.soft_class < 0 ? 1.0 - counted_probability : counted_probability);
}

Pixel pixel_at(int row, int column)
{
    const float y = clamp((float(row) + 0.5) * p.step_y + p.offset_y, p.low_y, p.high_y);
    const float x = clamp((float(column) + 0.5) * p.step_x + p.offset_x, p.low_x, p.high_x);
    if (p.source == mask_source_logit || p.source == mask_source_probability)
        return from_foreground(interpolated(neighbours_of(y, x), 0).x);
    if (p.source == mask_source_class_logits || p.source == mask_source_class_probabilities)
        return from_classes(neighbours_of(y, x));
    return from_label(y, x);
}

uint as_byte(float fraction)
{
    return uint(clamp(fraction, 0.0, 1.0) * 255.0 + 0.5);
}

void main()
{
    const int i = linear_index();
    if (i >= (p.pixels + 3) / 4)
        return;
    uint label_bytes = 0u;
    uint confidence_bytes = 0u;
    uint soft_bytes = 0u;
    for (int k = 0; k < min(4, p.pixels - 4 * i); ++k)
    {
        const int at = p.first + 4 * i + k;
        const Pixel pixel = pixel_at(at / p.width, at % p.width);
        label_bytes |= pixel.label << (8 * k);
        confidence_bytes |= as_byte(pixel.confidence) << (8 * k);
        soft_bytes |= as_byte(pixel.soft) << (8 * k);
    }
    if (p.has_labels != 0)
        labels[p.labels_offset + i] = label_bytes;
    if (p.has_confidence != 0)
        confidence[p.confidence_offset + i] = confidence_bytes;
    if (p.has_soft_mask != 0)
        soft_mask[p.soft_mask_offset + i] = soft_bytes;
}
