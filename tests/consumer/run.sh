#!/usr/bin/env bash
# Installs the build folder given as $1 into a folder of its own, then builds and runs the consumer against it: against
# the static and the shared library by find_package, and once by pkg-config. $2 is the project's folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/snippets"
sed -n '/^```cpp$/,/^```$/{/^```/!p}' "$project/README.md" >"$work/snippets/readme.inc"
grep -q load_model "$work/snippets/readme.inc" || { echo "consumer: README shows no code" >&2; exit 1; }
cp "$project/samples/models/selfie.onnx" "$work/model.onnx"
cp "$project/samples/models/selfie.json" "$work/model.json"
cd "$work" # where README's model.onnx is

cmake --install "$1" --prefix "$work/installed" >/dev/null
generator=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$1/CMakeCache.txt")
cmake -S "$here" -B "$work/build" -G "$generator" -DCMAKE_PREFIX_PATH="$work/installed" -DCMAKE_BUILD_TYPE=Release \
    -DVKSEG_SNIPPETS="$work/snippets" >/dev/null
cmake --build "$work/build" >"$work/log" || { cat "$work/log" >&2; exit 1; }
"$work/build/consumer_of_vkseg" model.onnx
"$work/build/consumer_of_vkseg_shared" model.onnx

export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$work/installed" -name vkseg.pc)")
prefix=$(pkg-config --define-variable=prefix="$work/installed" --cflags --libs --static vkseg)
# shellcheck disable=SC2086
c++ -std=c++20 -fno-exceptions -fno-rtti -I"$work/snippets" "$here/main.cpp" $prefix -o "$work/consumer"
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH") "$work/consumer" model.onnx

# The program of docs/use_in/c.md, as that page builds it.
sed -n '/^```c$/,/^```$/{/^```/!p}' "$project/docs/use_in/c.md" >"$work/segment.c"
command=$(sed -n '/^```sh$/,/^```$/{/^cc /p}' "$project/docs/use_in/c.md")
eval "$command"
{ printf 'P6 64 48 255\n' && head -c $((64 * 48 * 3)) /dev/zero; } >photo.ppm
LD_LIBRARY_PATH=$(pkg-config --variable=libdir vkseg) ./segment model.onnx photo.ppm mask.pgm
[ "$(wc -c <mask.pgm)" -eq $((13 + 64 * 48)) ] || { echo "consumer: the C program wrote no mask of 64x48" >&2; exit 1; }
