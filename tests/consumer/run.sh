#!/usr/bin/env bash
# Installs the build folder given as $1 into a folder of its own, then builds and runs the consumer against it, once by
# find_package and once by pkg-config.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$1" --prefix "$work/installed" >/dev/null
generator=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$1/CMakeCache.txt")
cmake -S "$here" -B "$work/build" -G "$generator" -DCMAKE_PREFIX_PATH="$work/installed" -DCMAKE_BUILD_TYPE=Release >/dev/null
cmake --build "$work/build" >/dev/null
"$work/build/consumer"

export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$work/installed" -name vkseg.pc)")
prefix=$(pkg-config --define-variable=prefix="$work/installed" --cflags --libs --static vkseg)
# shellcheck disable=SC2086
c++ -std=c++20 -fno-exceptions -fno-rtti "$here/main.cpp" $prefix -o "$work/consumer"
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH") "$work/consumer"
