#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <compare>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

namespace vkseg {

/// Value of one specialization constant of a shader. Contracts (shaders/*/*.h) name the ids.
struct SpecializationConstant
{
    constexpr SpecializationConstant(int constant_id, std::integral auto value)
        : id(uint32_t(constant_id)), bits(uint32_t(value))
    {
        assert(value == decltype(value)(bits) || value == decltype(value)(int32_t(bits)));
    }
    constexpr SpecializationConstant(int constant_id, std::same_as<float> auto value)
        : id(uint32_t(constant_id)), bits(std::bit_cast<uint32_t>(value))
    {}

    uint32_t id;
    uint32_t bits;

    friend auto operator<=>(const SpecializationConstant&, const SpecializationConstant&) = default;
};

/// Id of the workgroup's width; those of its height and depth follow.
inline constexpr int workgroup_size_id = 0;

/// Values of a shader's specialization constants, in the order of their ids. Constants without a value keep the
/// shader's default.
class Specialization
{
public:
    Specialization() = default;
    Specialization(std::initializer_list<SpecializationConstant> constants)
    {
        for (const SpecializationConstant& constant : constants)
            set(constant);
    }

    /// Adds the constant, or replaces its value.
    void set(SpecializationConstant constant)
    {
        const auto place = std::lower_bound(constants_.begin(), constants_.end(), constant.id,
                                            [](const SpecializationConstant& a, uint32_t id) { return a.id < id; });
        if (place != constants_.end() && place->id == constant.id)
            *place = constant;
        else
            constants_.insert(place, constant);
    }

    /// Bits of a constant that has a value.
    uint32_t at(int id) const
    {
        const auto found = std::find_if(constants_.begin(), constants_.end(),
                                        [&](const SpecializationConstant& constant) { return int(constant.id) == id; });
        assert(found != constants_.end());
        return found->bits;
    }

    std::span<const SpecializationConstant> constants() const { return constants_; }

    friend bool operator==(const Specialization&, const Specialization&) = default;
    // Not by default: libc++ compares vectors in three ways from LLVM 17 on only.
    friend std::strong_ordering operator<=>(const Specialization& a, const Specialization& b)
    {
        if (a.constants_ < b.constants_)
            return std::strong_ordering::less;
        return b.constants_ < a.constants_ ? std::strong_ordering::greater : std::strong_ordering::equal;
    }

private:
    std::vector<SpecializationConstant> constants_;
};

} // namespace vkseg
