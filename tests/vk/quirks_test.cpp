#include "vk/quirks.hpp"

#include "vk/reported_limits.hpp"

#include <doctest/doctest.h>

namespace vkseg::vk::quirks_test {
namespace {

Preferences preferences_of(const DeviceIdentity& device)
{
    return sanitise({.identity = device, .subgroup_size = 32}).preferences;
}

int registers_of(uint32_t vendor, uint32_t smallest_subgroup = 0)
{
    return preferences_of({.type = VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU,
                           .vendor_id = vendor,
                           .smallest_subgroup = smallest_subgroup})
        .registers;
}

} // namespace

TEST_CASE("quirks: registers by what the GPU is, and few of a GPU that is not known")
{
    CHECK(registers_of(0x10de) == 255);     // NVIDIA
    CHECK(registers_of(0x1002, 64) == 84);  // AMD, Vega
    CHECK(registers_of(0x1002, 32) == 128); // AMD, RDNA
    CHECK(registers_of(0x5143) == 128);     // Adreno
    CHECK(registers_of(0x13b5) == 64);      // Mali
    CHECK(registers_of(0x14e4) == 44);      // VideoCore
    CHECK(registers_of(0x8086) == 72);      // Intel, in SIMD16
    CHECK(preferences_of({.vendor_id = 0x8086}).narrow_registers == 136);
    CHECK(preferences_of({.vendor_id = 0x13b5}).memory_registers == 32);
    CHECK(registers_of(0xffff) == 64);
}

TEST_CASE("quirks: AMD has scalar registers, and Intel's dense convolutions run in small subgroups")
{
    for (const uint32_t vendor :
         {0x10deu, 0x1002u, 0x144du, 0x5143u, 0x106bu, 0x10005u, 0x1010u, 0x13b5u, 0x14e4u, 0xffffu})
    {
        CAPTURE(vendor);
        CHECK(preferences_of({.vendor_id = vendor}).has_scalar_registers == (vendor == 0x1002 || vendor == 0x144d));
        CHECK_FALSE(preferences_of({.vendor_id = vendor}).narrows_dense_subgroups);
    }
    CHECK_FALSE(preferences_of({.vendor_id = 0x8086}).has_scalar_registers);
    CHECK(preferences_of({.vendor_id = 0x8086}).narrows_dense_subgroups);
    CHECK_FALSE(preferences_of({.type = VK_PHYSICAL_DEVICE_TYPE_CPU, .vendor_id = 0x8086}).narrows_dense_subgroups);
}

TEST_CASE("quirks: pipelines are shared where compiling takes long")
{
    CHECK(preferences_of({.vendor_id = 0x5143}).shares_pipelines);
    CHECK(preferences_of({.vendor_id = 0x13b5}).shares_pipelines);
    CHECK(preferences_of({.vendor_id = 0xffff}).shares_pipelines);
    CHECK_FALSE(preferences_of({.vendor_id = 0x8086}).shares_pipelines);
    CHECK_FALSE(preferences_of({.vendor_id = 0x10de}).shares_pipelines);
}

TEST_CASE("quirks: products in halves on AMD and Adreno, if they have arithmetic of halves")
{
    const auto multiplies_halves = [](uint32_t vendor, bool has_arithmetic)
    {
        return sanitise({.identity = {.vendor_id = vendor}, .has_arithmetic_f16 = has_arithmetic})
            .preferences.multiplies_halves;
    };
    CHECK(multiplies_halves(0x1002, true));
    CHECK(multiplies_halves(0x5143, true));
    CHECK_FALSE(multiplies_halves(0x1002, false)); // Polaris
    CHECK_FALSE(multiplies_halves(0x13b5, true));  // Mali
    CHECK_FALSE(multiplies_halves(0x8086, true));  // Intel
}

TEST_CASE("quirks: software devices, discrete GPUs, and Adrenos that load storage buffers word by word")
{
    const Preferences software =
        preferences_of({.type = VK_PHYSICAL_DEVICE_TYPE_CPU, .vendor_id = 0x10005}); // lavapipe's
    CHECK(software.reads_texels);
    CHECK(software.registers > 255);
    CHECK(software.lanes == 8);
    CHECK(software.shared_memory == SharedMemory::slow);
    CHECK(sanitise({.identity = {.type = VK_PHYSICAL_DEVICE_TYPE_CPU}}).max_loop_turns == Limits().max_loop_turns);

    const auto shared_memory_of = [](VkPhysicalDeviceType type, uint32_t vendor)
    { return preferences_of({.type = type, .vendor_id = vendor}).shared_memory; };
    CHECK(shared_memory_of(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 0x10de) == SharedMemory::fast);
    CHECK(shared_memory_of(VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, 0x8086) == SharedMemory::as_caches);
    CHECK(shared_memory_of(VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, 0x1002) == SharedMemory::as_caches);

    const auto reads_texels = [](uint32_t chip)
    { return preferences_of({.vendor_id = 0x5143, .device_id = chip}).reads_texels; };
    CHECK(reads_texels(0x06010800));       // 618
    CHECK(reads_texels(0x06050002));       // 650
    CHECK(reads_texels(0x06080001));       // 680
    CHECK_FALSE(reads_texels(0x06060001)); // 660
    CHECK_FALSE(reads_texels(0x06030500)); // 7c3
    CHECK_FALSE(reads_texels(0x06090000)); // 690
    CHECK_FALSE(reads_texels(0x07030001)); // 730
    CHECK_FALSE(reads_texels(0x43051401)); // 750
}

} // namespace vkseg::vk::quirks_test
