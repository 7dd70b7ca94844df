#include "vk/quirks.hpp"

namespace vkseg::vk {
namespace {

/// One property of some devices. docs/gpus.md has the compiler figures that the register budgets come from.
struct Quirk
{
    const char* name; ///< for the log
    bool (*applies)(const DeviceIdentity&);
    void (*change)(Limits&);
};

constexpr uint32_t amd = 0x1002;
constexpr uint32_t apple = 0x106b;
constexpr uint32_t arm = 0x13b5;
constexpr uint32_t broadcom = 0x14e4;
constexpr uint32_t imagination = 0x1010;
constexpr uint32_t intel = 0x8086;
constexpr uint32_t mesa = 0x10005; // Honeykrisp's devices
constexpr uint32_t nvidia = 0x10de;
constexpr uint32_t qualcomm = 0x5143;
constexpr uint32_t samsung = 0x144d;
constexpr uint32_t vendors[] = {0, amd, apple, arm, broadcom, imagination, intel, mesa, nvidia, qualcomm, samsung};
constexpr uint32_t adreno_618 = 0x06010800;

bool is_software(const DeviceIdentity& device)
{
    return device.type == VK_PHYSICAL_DEVICE_TYPE_CPU;
}

/// True for Adreno 6xx before 660, which lack a four-component load from storage buffers (Mesa's freedreno_devices.py).
bool loads_words(const DeviceIdentity& device)
{
    const uint32_t chip = device.device_id >> 16;
    constexpr uint32_t adreno_610 = 0x0601;
    constexpr uint32_t adreno_660 = 0x0606;
    constexpr uint32_t adreno_680 = 0x0608;
    constexpr uint32_t adreno_7c3 = 0x060305;
    return device.vendor_id == qualcomm && device.device_id >> 8 != adreno_7c3 &&
           ((chip >= adreno_610 && chip < adreno_660) || chip == adreno_680);
}

constexpr Quirk quirks[] = {
    {"discrete: fast shared memory",
     [](const DeviceIdentity& device) { return device.type == VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU; },
     [](Limits& limits) { limits.preferences.shared_memory = SharedMemory::fast; }},
    {"NVIDIA: 255 registers, a pipeline for each kind of convolution",
     [](const DeviceIdentity& device) { return device.vendor_id == nvidia; },
     [](Limits& limits)
     {
         limits.preferences.registers = 255;
         limits.preferences.shares_pipelines = false;
     }},
    // GCN has 256 registers per lane for all waves of a SIMD: 84 leave room for three waves. RDNA, also in Samsung's
    // Xclipse, has 1024 for waves of 64.
    {"AMD: 84 registers", [](const DeviceIdentity& device) { return device.vendor_id == amd; },
     [](Limits& limits) { limits.preferences.registers = 84; }},
    {"RDNA: 128 registers",
     [](const DeviceIdentity& device)
     { return device.vendor_id == samsung || (device.vendor_id == amd && device.smallest_subgroup == 32); },
     [](Limits& limits) { limits.preferences.registers = 128; }},
    {"AMD: scalar registers",
     [](const DeviceIdentity& device) { return device.vendor_id == amd || device.vendor_id == samsung; },
     [](Limits& limits) { limits.preferences.has_scalar_registers = true; }},
    // Intel has 128 registers of 32 bytes: 64 for each invocation of SIMD16, 128 of SIMD8; kernels take eight less than
    // estimated. In SIMD8, dense convolutions cost a third less per multiply-add, pointwise ones up to a fifth more.
    // Epilogues that decide at run time would double the instructions of small tiles, and take pointwise kernels from
    // SIMD16 to SIMD8.
    {"Intel: 72 registers in SIMD16, 136 in SIMD8",
     [](const DeviceIdentity& device) { return device.vendor_id == intel; },
     [](Limits& limits)
     {
         limits.preferences.registers = 72;
         limits.preferences.narrow_registers = 136;
         limits.preferences.shares_pipelines = false;
         limits.preferences.narrows_dense_subgroups = true;
         limits.preferences.shared_memory = SharedMemory::as_caches;
     }},
    // Adreno has 192 registers; 128 leave room for twice as many waves.
    {"Adreno: 128 registers", [](const DeviceIdentity& device) { return device.vendor_id == qualcomm; },
     [](Limits& limits) { limits.preferences.registers = 128; }},
    // According to RADV's compiler (docs/performance.md), and to the rates that Qualcomm gives for Adreno.
    {"AMD and Adreno: products of f16 in f16",
     [](const DeviceIdentity& device)
     { return device.vendor_id == amd || device.vendor_id == samsung || device.vendor_id == qualcomm; },
     [](Limits& limits) { limits.preferences.multiplies_halves = limits.has_arithmetic_f16; }},
    {"Adreno 6xx: loads through texel buffers", loads_words,
     [](Limits& limits) { limits.preferences.reads_texels = true; }},
    {"Apple and PowerVR: 128 registers",
     [](const DeviceIdentity& device)
     { return device.vendor_id == apple || device.vendor_id == mesa || device.vendor_id == imagination; },
     [](Limits& limits) { limits.preferences.registers = 128; }},
    // Mali has 64 registers, and runs twice as many threads if they take 32 at most.
    {"Mali: 64 registers", [](const DeviceIdentity& device) { return device.vendor_id == arm; },
     [](Limits& limits)
     {
         limits.preferences.registers = 64;
         limits.preferences.memory_registers = 32;
     }},
    // VideoCore has 32 registers with two threads, and five accumulators; uniform values need none.
    {"VideoCore: 44 registers", [](const DeviceIdentity& device) { return device.vendor_id == broadcom; },
     [](Limits& limits) { limits.preferences.registers = 44; }},
    // lavapipe and SwiftShader. Values without a register lie on the stack, in the nearest cache. Measured: texels load
    // two to three times as fast as storage buffers, and barriers cost more than they save.
    {"software: kernels for processors", is_software,
     [](Limits& limits)
     {
         limits.preferences = {.registers = 1024,
                               .shares_pipelines = false,
                               .lanes = 8,
                               .reads_texels = true,
                               .shuffles = true,
                               .shared_memory = SharedMemory::slow,
                               .scratch_bytes_at_a_time = size_t(4) << 20,
                               .transform_cost = 24};
     }},
    // lavapipe ends all loops of a kernel after 65535 iterations in total: LP_MAX_TGSI_LOOP_ITERATIONS in
    // https://gitlab.freedesktop.org/mesa/mesa/-/blob/main/src/gallium/auxiliary/gallivm/lp_bld_limits.h
    {"software: loops of at most 65000 iterations", is_software,
     [](Limits& limits) { limits.max_loop_turns = Limits().max_loop_turns; }},
};

} // namespace

std::string names_of_quirks(const DeviceIdentity& device)
{
    std::string names;
    for (const Quirk& quirk : quirks)
    {
        if (quirk.applies(device))
            names += (names.empty() ? "" : "; ") + std::string(quirk.name);
    }
    return names;
}

void apply_quirks(const DeviceIdentity& device, Limits& limits)
{
    for (const Quirk& quirk : quirks)
    {
        if (quirk.applies(device))
            quirk.change(limits);
    }
}

std::vector<DeviceIdentity> known_identities()
{
    std::vector<DeviceIdentity> identities;
    for (const uint32_t vendor : vendors)
    {
        for (const VkPhysicalDeviceType type : {VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU,
                                                VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU, VK_PHYSICAL_DEVICE_TYPE_CPU})
        {
            for (const uint32_t subgroup : {0u, 32u})
                identities.push_back({.type = type, .vendor_id = vendor, .smallest_subgroup = subgroup});
        }
    }
    identities.push_back(
        {.type = VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU, .vendor_id = qualcomm, .device_id = adreno_618});
    return identities;
}

} // namespace vkseg::vk
