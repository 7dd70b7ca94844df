#pragma once

namespace vkseg::vk {

/// A copy of a file descriptor, for a driver to import. A driver owns what it has imported; if the import fails, it
/// should leave the descriptor alone, but lavapipe and SwiftShader close it. So the caller's own stays out of its
/// hands.
class DescriptorCopy
{
public:
    explicit DescriptorCopy(int original);
    /// Closes the copy, unless the driver has imported or closed it.
    ~DescriptorCopy();
    DescriptorCopy(const DescriptorCopy&) = delete;
    DescriptorCopy& operator=(const DescriptorCopy&) = delete;

    int get() const { return copy_; } ///< -1 if there can be none
    /// The driver has imported the copy: closes the original.
    void hand_over();

private:
    int original_;
    int copy_;
};

} // namespace vkseg::vk
