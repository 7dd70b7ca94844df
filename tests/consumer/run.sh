#!/usr/bin/env bash
# Installs the build folder given as $1 into a folder of its own, then builds and runs programs against it: the consumer by
# find_package, with the static and the shared library, and the programs of docs/use_in/cpp.md and c.md, as the pages build
# them: by find_package and pkg-config. Checks that vkseg as a part of another project changes nothing there;
# tests/adding_an_operator builds and runs such a project. $2 is the project's folder.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
project=$(cd "$2" && pwd)
source "$here/block.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "consumer: $*" >&2
    exit 1
}
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }

page=$project/docs/use_in/cpp.md
mkdir "$work/snippets"
block "$project/README.md" cpp 1 >"$work/snippets/readme.inc"
block "$page" cpp 2 >"$work/snippets/errors.inc"
block "$page" cpp 3 >"$work/snippets/threads.inc"
block "$project/docs/use_in/vulkan_renderer.md" cpp 1 >"$work/snippets/vulkan_renderer.inc"
for name in model selfie; do
    cp "$project/samples/models/selfie.onnx" "$work/$name.onnx"
    cp "$project/samples/models/selfie.json" "$work/$name.json"
done
cd "$work" # where README's model.onnx is
{ printf 'P6 64 48 255\n' && head -c $((64 * 48 * 3)) /dev/zero; } >photo.ppm
check_mask() { [ "$(wc -c <"$1")" -eq $((13 + 64 * 48)) ] || fail "expected a mask of 64x48 from $2"; }

quietly cmake --install "$build" --prefix "$work/installed"
CMAKE_GENERATOR=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$build/CMakeCache.txt")
export CMAKE_GENERATOR
quietly cmake -S "$here" -B build -DCMAKE_PREFIX_PATH="$work/installed" -DVKSEG_SNIPPETS="$work/snippets"
quietly cmake --build build
build/consumer_of_vkseg model.onnx
build/consumer_of_vkseg_shared model.onnx
build/cpp_page model.onnx

export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$work/installed" -name vkseg.pc)")
libraries=$(pkg-config --variable=libdir vkseg)
mkdir page fetched
block "$page" cmake 1 >page/CMakeLists.txt
block "$page" cpp 1 | tee page/main.cpp >fetched/main.cpp
cp selfie.* photo.ppm page
cd page
command=$(block "$page" sh 1)
quietly eval "${command//\/opt\/vkseg/$work/installed}"
check_mask mask.pgm "the program of docs/use_in/cpp.md"
eval "$(block "$page" sh 2)"
LD_LIBRARY_PATH=$libraries ./segment selfie.onnx photo.ppm again.pgm
cmp mask.pgm again.pgm || fail "the static and the shared library give different masks"
cd ..

# As a part of another project, without compiling it.
block "$page" cmake 2 >fetched/CMakeLists.txt
ln -s "$project" fetched/vkseg
quietly cmake -S fetched -B fetched/build -DVKSEG_COMPILED_SHADERS="$build/shaders/generated" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
changed=$(grep -E '^(CMAKE_BUILD_TYPE:.*=.+|CMAKE_INSTALL_[A-Z]*DIR|BUILD_TESTING|CPACK_)' fetched/build/CMakeCache.txt || true)
[ -z "$changed" ] || fail "vkseg sets in the cache of the project that uses it: $changed"
flags=$(grep '"command".*fetched/main.cpp' fetched/build/compile_commands.json | grep -oE ' -(W|f|O|D)[^ ]*' || true)
[ -z "$flags" ] || fail "vkseg adds flags to the project that uses it:$flags"
if [ "$CMAKE_GENERATOR" = Ninja ]; then
    ninja -C fetched/build -t inputs all >inputs
    grep -q 'libvkseg\.a' inputs || fail "expected the project to build libvkseg.a"
    ! grep -E 'libvkseg\.so|vkseg_reference|/(tests|samples)/' inputs || fail "the project builds more of vkseg than it links"
fi
! find fetched/build -name cmake_install.cmake -exec grep -l 'file(INSTALL' {} + || fail "vkseg installs files of the project that uses it"

# The callbacks of docs/use_in/debugging.md compile, the one for Android with the declarations that it needs.
sed -n '/^```cpp$/,/^```$/{/^```/!p}' "$project/docs/use_in/debugging.md" >"$work/callbacks.inc"
mkdir "$work/android"
echo 'enum { ANDROID_LOG_DEBUG = 3, ANDROID_LOG_INFO, ANDROID_LOG_WARN, ANDROID_LOG_ERROR };
extern "C" int __android_log_write(int, const char*, const char*);' >"$work/android/log.h"
{ grep '^#include' "$work/callbacks.inc" && echo 'void set() {' && grep -v '^#include' "$work/callbacks.inc" && echo '}'; } >"$work/callbacks.cpp"
grep -q __android_log_write "$work/callbacks.cpp"
c++ -std=c++20 -Wall -Wextra -Werror -fsyntax-only -I"$work" -I"$work/installed/include" "$work/callbacks.cpp"

# The program of docs/use_in/c.md, as that page builds it.
block "$project/docs/use_in/c.md" c 1 >segment.c
eval "$(block "$project/docs/use_in/c.md" sh 1)"
LD_LIBRARY_PATH=$libraries ./segment model.onnx photo.ppm mask.pgm
check_mask mask.pgm "the program of docs/use_in/c.md"
# The same with the static library alone.
rm "$libraries"/libvkseg.so*
# shellcheck disable=SC2046
cc -std=c99 segment.c $(pkg-config --static --cflags --libs vkseg) -o segment
./segment model.onnx photo.ppm again.pgm
cmp mask.pgm again.pgm || fail "the static and the shared library give different masks"
