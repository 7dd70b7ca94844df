#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>

/// Results of functions that can fail. Nothing throws, and the headers compile without exceptions and RTTI.
///
///     Result<Device> device = Device::create();
///     if (!device.is_ok())
///         return device.status(); // or show device.status().message()
///     use(*device);
namespace vkseg {

enum class StatusCode
{
    ok,
    invalid_argument, ///< The caller's input does not fit: a shape, a name, an option, an image.
    invalid_model,    ///< The model file or graph is damaged or contradicts itself.
    unsupported,      ///< The model needs something that vkseg does not support; the message lists all such nodes.
    io_error,         ///< A file could not be read or written.
    no_device,        ///< There is no Vulkan loader, no device, or no device that matches the request.
    out_of_memory,    ///< The host or the device ran out of memory, or a device limit is too small for a tensor.
    device_lost,      ///< The device stopped answering; create a new Device.
};

/// The outcome of a function that returns no value. The message says what failed, what was expected and what came.
class [[nodiscard]] Status
{
public:
    Status() = default;
    Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

    bool is_ok() const { return code_ == StatusCode::ok; }
    StatusCode code() const { return code_; }
    const std::string& message() const { return message_; }

    /// Returns the same failure with the caller's context before its message: "layer 'conv1': " + message.
    Status with_context(const std::string& context) const
    {
        return is_ok() ? *this : Status(code_, context + ": " + message_);
    }

private:
    StatusCode code_ = StatusCode::ok;
    std::string message_;
};

/// A value, or the Status that says why there is none. Check is_ok() before taking the value.
template <class T>
class [[nodiscard]] Result
{
public:
    Result(T value) : value_(std::move(value)) {} // NOLINT: implicit, so that `return value;` reads
    Result(Status status) : status_(std::move(status)) { assert(!status_.is_ok()); } // NOLINT: as above

    bool is_ok() const { return value_.has_value(); }
    const Status& status() const { return status_; }

    T& value() &
    {
        assert(is_ok());
        return *value_;
    }
    const T& value() const&
    {
        assert(is_ok());
        return *value_;
    }
    T&& value() &&
    {
        assert(is_ok());
        return std::move(*value_);
    }

    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

private:
    std::optional<T> value_;
    Status status_;
};

} // namespace vkseg
