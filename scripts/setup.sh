#!/usr/bin/env bash
# Installs the Debian packages that building and testing need and that are missing; with sudo when not root.
# Elsewhere than on Debian and its kin it names what is missing and stops.
set -euo pipefail

packages=(
    g++ cmake ninja-build pkg-config
    libvulkan-dev libvulkan-volk-dev glslang-tools spirv-tools spirv-headers
    libprotozero-dev nlohmann-json3-dev libcli11-dev libfmt-dev libstb-dev doctest-dev
)
# To run on: the loader, the drivers of real GPUs and lavapipe; the validation layer; SwiftShader, which Debian ships
# inside chromium; ONNX's own test data.
packages+=(libvulkan1 mesa-vulkan-drivers)
if [ "${1:-}" = --tests ]; then
    packages+=(vulkan-validationlayers chromium libonnx-testdata clang-format clang libclang-rt-dev)
fi

missing=()
for package in "${packages[@]}"; do
    if ! dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii'; then
        missing+=("$package")
    fi
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "setup: this system has no apt-get; please install what these Debian packages hold: ${missing[*]}" >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: neither root nor sudo; please install: ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi
echo "setup: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
