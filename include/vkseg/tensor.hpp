#pragma once

#include "vkseg/export.hpp"
#include "vkseg/status.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

/// Tensors in host memory: the inputs, outputs and constants of networks.
///
///     const Tensor x = Tensor::from({1, 1, 2, 2}, {0.1f, 0.2f, 0.3f, 0.4f});
///     const NamedTensor input = {.name = "x", .tensor = x};
///     for (const float value : x.floats())
///         std::printf("%g\n", value);
namespace vkseg {

enum class DType : uint8_t
{
    f32,
    f16,
    bf16,
    f64,
    u8,
    i8,
    i32,
    i64,
    boolean, ///< One byte, 0 or 1.
};

VKSEG_API size_t size_bytes(DType type);
VKSEG_API const char* name(DType type); ///< "f32", "i64", "bool", …
VKSEG_API bool is_float(DType type);

/// Extents of a tensor, outermost first (N, C, H, W for pictures). Rank 0 is a scalar. An extent of −1 is not known
/// yet; it appears in graphs with symbolic dimensions, but never in planned ones.
class VKSEG_API Shape
{
public:
    static constexpr size_t max_rank = 8;

    Shape() = default;
    Shape(std::initializer_list<int64_t> extents) : Shape(std::span<const int64_t>(extents.begin(), extents.size())) {}
    explicit Shape(std::span<const int64_t> extents); ///< At most max_rank extents, asserted.

    size_t rank() const { return rank_; }
    int64_t operator[](size_t axis) const { return extents_[axis]; }
    int64_t& operator[](size_t axis) { return extents_[axis]; }
    int64_t back() const { return extents_[rank_ - 1]; }
    const int64_t* begin() const { return extents_.data(); }
    const int64_t* end() const { return extents_.data() + rank_; }
    std::span<const int64_t> extents() const { return {extents_.data(), rank_}; }

    void append(int64_t extent);
    bool is_known() const; ///< True if no extent is −1.
    /// Product of all extents, which must be known (asserted). Readers refuse shapes whose product overflows.
    int64_t elements() const;

    friend bool operator==(const Shape& a, const Shape& b) { return a.rank_ == b.rank_ && a.extents_ == b.extents_; }

private:
    std::array<int64_t, max_rank> extents_ = {}; // extents past the rank stay 0, so that == can compare whole arrays
    uint8_t rank_ = 0;
};

VKSEG_API std::string to_string(const Shape& shape); ///< "1x3x256x256", "scalar", "?" for an unknown extent.

/// A row-major tensor in host memory. Copies share the bytes, which are never written through a Tensor.
class VKSEG_API Tensor
{
public:
    Tensor() = default;
    /// Shares `bytes`, which `owner` (a mapped file, a vector, …) keeps alive; if it is null, the caller must.
    Tensor(DType type, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

    static Tensor from(Shape shape, std::vector<float> values);            ///< f32
    static Tensor from_integers(Shape shape, std::vector<int64_t> values); ///< i64
    static Tensor from_bytes(DType type, Shape shape, std::vector<std::byte> bytes);
    /// For all three, values.size() == shape.elements() is asserted.

    DType type() const { return type_; }
    const Shape& shape() const { return shape_; }
    std::span<const std::byte> bytes() const { return bytes_; }
    int64_t elements() const { return shape_.elements(); }

    /// Returns the same bytes with another shape of as many elements (asserted).
    Tensor reshaped(Shape shape) const;
    /// Returns the entries from `begin` up to `end` along an axis, which must be within its extent (asserted). Shares
    /// the bytes if those of the entries lie together.
    Tensor entries(size_t axis, int64_t begin, int64_t end) const;

    /// Converts the values from any type. Floats become integers by truncation towards zero.
    std::vector<float> to_floats() const;
    std::vector<int64_t> to_integers() const;

    /// Returns the values without a copy; asserts the type.
    std::span<const float> floats() const;     ///< f32 only
    std::span<const int64_t> integers() const; ///< i64 only

private:
    DType type_ = DType::f32;
    Shape shape_;
    std::span<const std::byte> bytes_;
    std::shared_ptr<const void> owner_;
};

/// A tensor with the name of the graph input or output that it belongs to.
struct NamedTensor
{
    std::string name;
    Tensor tensor;
};

} // namespace vkseg
