#!/usr/bin/env bash
# Follows docs/adding_an_operator.md in a copy of the project ($1): adds its operator, builds what is needed and runs
# the operator's test. Fails if more than four files that were there must be edited. $2 is the build folder, whose
# list of kernels it adds to; $3, … are settings for CMake. The copy is built as a part of the project that
# docs/use_in/cpp.md shows, and that page's program is run, too: the library is compiled for both tests at once.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)
shift 2
operator=shrink
work=$build/adding_an_operator
rm -rf "$work"
mkdir -p "$work/vkseg/tests"

cp -r "$project"/{CMakeLists.txt,include,lib,shaders} "$work/vkseg"
cp -r "$project"/tests/{main.cpp,support,node_tests,operator_table} "$work/vkseg/tests"
source "$here/../consumer/block.sh"
block "$project/docs/use_in/cpp.md" cmake 2 | cat - "$here/CMakeLists.txt" >"$work/CMakeLists.txt"
block "$project/docs/use_in/cpp.md" cpp 1 >"$work/main.cpp"

perl "$here/follow.pl" "$project/docs/adding_an_operator.md" "$work/vkseg" | tee "$work/touched"
edited=$(sed -n '/^edited/p' "$work/touched" | sort -u | wc -l)
if [ "$edited" -gt 4 ] || [ "$edited" -eq 0 ]; then
    echo "adding_an_operator: expected edits of at most 4 files, got $edited" >&2
    exit 1
fi

"$build/lib/vkseg_list_kernels" --gpus "$project/samples/models/selfie.onnx" >"$work/wanted.kernels"
printf "%s\n" "$operator"{,_hard}" f"{32,16} >>"$work/wanted.kernels"
generator=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$build/CMakeCache.txt")
cmake -S "$work" -B "$work/build" -G "$generator" -DOPERATOR=$operator -DVKSEG_SHADERS_FOR="$work/wanted.kernels" \
    -DVKSEG_SAFETENSORS=OFF -DVKSEG_TFLITE=OFF -DVKSEG_SOFTWARE_DEVICES=OFF \
    -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=50 \
    "$@" >"$work/log"
cmake --build "$work/build" --parallel 1 >>"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }

"$work/build/operator_test" --test-case="$operator:*" | tee "$work/test.log"
grep -q '^ *[1-9][0-9]* device checks' "$work/test.log" || { echo "adding_an_operator: no case of '$operator: …' ran on a device" >&2; exit 1; }
"$work/build/operator_table" >"$work/operators.md"
if ! { diff "$project/docs/operators.md" "$work/operators.md" || true; } | grep -i "^> .*$operator"; then
    echo "adding_an_operator: the table of operators does not name it" >&2
    exit 1
fi
{ printf 'P6 64 48 255\n' && head -c $((64 * 48 * 3)) /dev/zero; } >"$work/photo.ppm"
"$work/build/segment" "$project/samples/models/selfie.onnx" "$work/photo.ppm" "$work/mask.pgm"
if [ "$(wc -c <"$work/mask.pgm")" -ne $((13 + 64 * 48)) ]; then
    echo "adding_an_operator: the program of docs/use_in/cpp.md wrote no mask of 64x48" >&2
    exit 1
fi
