#!/usr/bin/env bash
# Installs the missing Debian packages that building needs, and with --tests also those of the tests; uses sudo if not root.
# On systems without apt-get, names what is missing and stops.
set -euo pipefail

# Needed to build.
packages=(
    g++ cmake ninja-build
    libvulkan-dev glslc glslang-tools zstd libzstd-dev libprotozero-dev libflatbuffers-dev flatbuffers-compiler
    nlohmann-json3-dev libcli11-dev libfmt-dev libstb-dev doctest-dev
    libpng-dev libjpeg-dev libwebp-dev libgif-dev
)
# Needed to run: the loader, and the drivers of AMD's and Intel's GPUs and of the processor.
packages+=(libvulkan1 mesa-vulkan-drivers)
# Optional: without these, if the distribution lacks them, tests print a note. SwiftShader is part of chromium.
optional=()
if [ "${1:-}" = --tests ]; then
    packages+=(
        git pkg-config dpkg-dev spirv-tools spirv-headers vulkan-validationlayers libonnx-testdata
        clang clang-format clang-tidy libclang-rt-dev
        python3-numpy
    )
    # Compilers and linkers for other systems, and what runs their programs here (scripts/systems.sh).
    optional+=(chromium lld qemu-user-static)
    [ -z "${VKSEG_TEST_SYSTEMS:-}" ] || optional+=(g++-mingw-w64-x86-64-posix wine64 xvfb musl-tools)
fi

is_installed() { dpkg-query -W -f='${db:Status-Abbrev}\n' "$1" 2>/dev/null | grep -q '^ii'; }

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    missing=()
    for tool in c++ cmake ninja glslc zstd; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        echo "setup: ${missing[*]} missing, and there is no apt-get to install them;" \
             "please install the equivalents of these Debian packages: ${packages[*]} ${optional[*]}" >&2
        exit 1
    fi
    echo "setup: there is no apt-get, so nothing was checked; the build needs the equivalents of: ${packages[*]} ${optional[*]}"
    exit 0
fi

missing=()
for package in "${packages[@]}" "${optional[@]}"; do
    is_installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: expected root or sudo, found neither; please install: ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "$@" >"$log" 2>&1; then
        cat "$log" >&2
        echo "setup: apt-get $* failed" >&2
        exit 1
    fi
}

apt update
wanted=()
for package in "${missing[@]}"; do
    if [[ " ${optional[*]} " == *" $package "* ]] && [ -z "$(apt-cache madison "$package")" ]; then
        echo "setup: the optional package $package does not exist here; continuing without it"
        continue
    fi
    wanted+=("$package")
done
if [ ${#wanted[@]} -gt 0 ]; then
    echo "setup: installing ${wanted[*]}"
    apt install -y --no-install-recommends "${wanted[@]}"
fi
