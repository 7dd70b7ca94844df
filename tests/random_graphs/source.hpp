#pragma once

#include <cstdint>
#include <random>
#include <span>

/// Where the choices of a random graph come from.
namespace vkseg::test {

class Source
{
public:
    virtual ~Source() = default;
    virtual uint32_t next(uint32_t count) = 0; ///< 0 … count − 1; count is at least 1
};

/// The same choices for the same seed, on every machine.
class SeededSource : public Source
{
public:
    explicit SeededSource(uint64_t seed) : generator_(seed) {}
    uint32_t next(uint32_t count) override { return uint32_t((generator_() >> 32) * count >> 32); }

private:
    std::mt19937_64 generator_;
};

/// The choices that the bytes of a fuzzer stand for, two bytes each; zeros after their end.
class ByteSource : public Source
{
public:
    explicit ByteSource(std::span<const uint8_t> bytes) : bytes_(bytes) {}
    uint32_t next(uint32_t count) override { return (take() | take() << 8) % count; }

private:
    uint32_t take()
    {
        if (bytes_.empty())
            return 0;
        const uint32_t byte = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return byte;
    }

    std::span<const uint8_t> bytes_;
};

} // namespace vkseg::test
