#!/usr/bin/env bash
# Builds everything and runs all tests on every Vulkan device found: lavapipe, SwiftShader, real GPUs, and one of them
# clamped to the specification's minimum limits.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh --tests

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }

step "build"
cmake --preset ci >/dev/null
cmake --build --preset ci

# Debian's chromium brings SwiftShader, but does not announce it to the loader.
swiftshader=/usr/lib/chromium/vk_swiftshader_icd.json
if [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] && [ -e "$swiftshader" ]; then
    export VK_ADD_DRIVER_FILES=$swiftshader
    # Loaders before 1.3.234 do not know that variable: name all drivers instead.
    drivers=$(find /usr/share/vulkan/icd.d /etc/vulkan/icd.d -name '*.json' 2>/dev/null | sort | paste -sd: || true)
    export VK_DRIVER_FILES="${drivers:+$drivers:}$swiftshader" VK_ICD_FILENAMES="${drivers:+$drivers:}$swiftshader"
fi
build/samples/vkseg devices

step "tests"
VKSEG_TEST_VALIDATE=1 ctest --test-dir build --output-on-failure --no-tests=error
