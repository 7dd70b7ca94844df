#pragma once

#include "runtime/program.hpp"
#include "vk/buffer.hpp"
#include "vk/commands.hpp"

#include <deque>
#include <functional>
#include <map>

/// The packed weights and constants of a session on its device, shared by all plans of the session.
namespace vkseg {

constexpr size_t weight_alignment = 256; ///< in bytes: the largest that the specification lets a device require

class WeightStore
{
public:
    explicit WeightStore(std::shared_ptr<vk::Device> device) : device_(std::move(device)) {}

    /// Places of Program::weights, in that order; packs and uploads missing ones. Places stay valid as long as the
    /// store. Constants are removed from the program's graph after their upload, except for graph outputs. After a
    /// failure the same program can be placed again. `progress` is called with 0 … 1.
    Result<std::vector<vk::BufferRange>> place(Program& program, const std::function<void(double)>& progress);

    size_t size_bytes() const;

private:
    /// Includes values and shapes of the constants, which may depend on the shapes of the program's inputs.
    struct Key
    {
        WeightKey weights;
        uint64_t content = 0;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Pending
    {
        Key key;
        Packing packing;
    };

    Status upload(std::span<const Pending> batch);
    Status copy(std::span<const std::byte> bytes, const vk::BufferRange& to);

    std::shared_ptr<vk::Device> device_; // shared: see vk::Device
    std::map<Key, vk::BufferRange> places_;
    std::deque<vk::Buffer> buffers_; // a deque, because places point to its elements
};

} // namespace vkseg
