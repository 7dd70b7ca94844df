#!/usr/bin/env bash
# Prints the size of the shared library: the total, each room of lib/, and each shader with its kernels, compressed.
#   scripts/size_report.sh [CMAKE-OPTION…]      (such as -DVKSEG_STATIC_RUNTIME=ON); builds into build-size
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh
build=build-size
# Without unity build, so that the linker's map has an object for each source and thus shows the rooms.
cmake --preset release -B $build -DCMAKE_UNITY_BUILD=OFF -DVKSEG_BUILD_TESTS=OFF -DVKSEG_BUILD_CLI=OFF \
    -DCMAKE_SHARED_LINKER_FLAGS=-Wl,-Map=vkseg.map "$@" >/dev/null
cmake --build $build --target vkseg_shared
strip -o $build/stripped.so $build/lib/libvkseg.so

printf '\nlibvkseg.so, stripped: %d bytes\n\nRooms of lib/, in kB of code and data:\n' "$(stat -c %s $build/stripped.so)"
# A line of the map is: section, address, size, object; a long name of a section stands on a line of its own.
awk '
    function number(hex,    i, value) { # 0x1f
        for (i = 3; i <= length(hex); ++i)
            value = value * 16 + index("123456789abcdef", substr(hex, i, 1))
        return value
    }
    /^Linker script and memory map/ { is_map = 1 }
    is_map && /vkseg_(objects|shaders)\.dir/ {
        size = number($(NF - 1)); address = number($(NF - 2)); object = $NF
        if (address == 0)
            next
        room = object ~ /vkseg_shaders/ ? "shaders" : object
        sub(/.*vkseg_objects\.dir\//, "", room); sub(/\/.*/, "", room)
        room = room ~ /reference/ ? "reference" : room
        sizes[room] += size
    }
    END { for (room in sizes) printf "%8.1f  %s\n", sizes[room] / 1000, room }' $build/vkseg.map | sort -rn

printf '\nShaders, in kB: compressed, as SPIR-V, kernels\n'
sed -n 's/^#include <\(.*\)\.inc>/\1/p' $build/shaders/generated/shader_list.cpp | while read -r name; do
    packs=$build/shaders/generated/$name.inc
    modules=$(sed -n 's/^constexpr uint32_t ends_of[^{]*{//p' "$packs" | awk -F, '{ count += NF - 1; words += $(NF - 1) } END { print count, words }')
    printf '%s %s %s\n' "$name" "$(grep -o 0x "$packs" | wc -l)" "$modules"
done | awk '{ compressed[$1] += $2; modules[$1] += $3; bytes[$1] += $4 * 4 }
    END { for (name in compressed)
              printf "%8.1f %8.1f %4d  %s\n", compressed[name] / 1000, bytes[name] / 1000, modules[name], name }' | sort -rn
