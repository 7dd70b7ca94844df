#pragma once

#include "runtime/program.hpp"
#include "vk/buffer.hpp"
#include "vk/commands.hpp"

#include <deque>
#include <functional>
#include <map>

/// The packed weights and constants of a session on its device, shared by all its plans.
namespace vkseg {

constexpr size_t weight_alignment = 256; ///< in bytes: the largest that the specification lets a device ask for

class WeightStore
{
public:
    explicit WeightStore(std::shared_ptr<vk::Device> device) : device_(std::move(device)) {}

    /// The places of Program::weights, in that order; packs and uploads those that are not there yet. The places stay
    /// valid as long as the store. Constants leave the program's graph when they are on the device, but for outputs of
    /// the graph. After a failure the program can be placed once more. `progress` is called with 0 … 1.
    Result<std::vector<vk::BufferRange>> place(Program& program, const std::function<void(double)>& progress);

    size_t size_bytes() const;

private:
    /// The content counts too: constants may depend on the shapes that the program is for.
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
