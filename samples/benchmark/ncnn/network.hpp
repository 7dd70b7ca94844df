#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Writes networks as ncnn's .param text, and counts their parameters and multiply-adds. Every batch is 1.
namespace comparison {

struct Extent
{
    int channels = 0;
    int height = 0;
    int width = 0;
};

/// A value that a network computes.
struct Tensor
{
    int id = -1;
    Extent extent;
};

enum class Activation
{
    none,
    relu,
    relu6
};

/// Square kernels, the same on both axes. A depthwise convolution keeps the input's channels.
struct ConvSettings
{
    int channels = 0; ///< output channels
    int kernel = 1;
    int stride = 1;
    int dilation = 1;
    int padding = 0;
    bool is_depthwise = false;
    bool has_bias = true;
    Activation activation = Activation::none;
};

/// Values as in ncnn.
enum class Interpolation
{
    nearest = 1,
    bilinear = 2,
    bicubic = 3
};

struct ResizeSettings
{
    Interpolation interpolation = Interpolation::bilinear;
    int height = 0;
    int width = 0;
    bool align_corners = false;
};

/// One array of a layer's weights, in the order in which ncnn reads them.
struct WeightArray
{
    size_t count = 0;
    float amplitude = 0;  ///< keeps activations near the scale of the input
    bool has_tag = false; ///< preceded by four bytes that tell the storage type
};

class Network
{
public:
    Tensor input(const Extent& extent);
    Tensor conv(const Tensor& from, const ConvSettings& settings);
    Tensor transposed_conv(const Tensor& from, const ConvSettings& settings);
    Tensor max_pool(const Tensor& from, int kernel); ///< stride = kernel; drops incomplete windows
    Tensor average_pool(const Tensor& from);         ///< over the whole map, to 1x1
    Tensor resize(const Tensor& from, const ResizeSettings& settings);
    Tensor add(const Tensor& a, const Tensor& b);
    Tensor concat(const std::vector<Tensor>& parts); ///< over channels

    /// The .param text. With shape hints, every layer gives its output's shape, so that ncnn builds only the shaders
    /// for that shape.
    std::string text(bool has_shape_hints) const;
    std::string input_name() const { return "t0"; }
    std::string output_name() const; ///< name of the tensor computed last
    const Extent& input_extent() const { return layers_.front().extent; }
    const Extent& output_extent() const { return layers_.back().extent; }

    const std::vector<WeightArray>& weights() const { return weights_; }
    size_t parameters() const;
    int64_t multiply_adds() const { return multiply_adds_; } ///< counts convolutions only

private:
    struct Layer
    {
        std::string type;
        std::vector<int> inputs;
        std::string parameters;
        Extent extent; ///< output extent; the output's id is the layer's index
    };

    Tensor append(Layer layer);
    void append_weights(size_t kernels, double fan_in, const ConvSettings& settings);

    std::vector<Layer> layers_;
    std::vector<WeightArray> weights_;
    int64_t multiply_adds_ = 0;
};

/// One row of the comparison: a name and its network.
struct Row
{
    std::string name;
    Network network;
};

/// Ten operators, then three networks.
std::vector<Row> all_rows();

} // namespace comparison
