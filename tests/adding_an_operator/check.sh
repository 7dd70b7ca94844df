#!/usr/bin/env bash
# Runs what was built of the project of make_project.sh: the test of the operator $2, the table of operators and the program of
# docs/use_in/cpp.md. $1 is the folder of the build, $3 that of this project.
set -euo pipefail
build=$(cd "$1" && pwd)
operator=$2
project=$(cd "$3" && pwd)
tests=$build/_deps/vkseg-build/tests
fail() {
    echo "adding_an_operator: $*" >&2
    exit 1
}

"$tests/vkseg_tests" --test-case="$operator:*" | tee "$build/test.log"
grep -q '^ *[1-9][0-9]* device checks' "$build/test.log" || fail "no case of '$operator: …' ran on a device"
"$tests/vkseg_operator_table" >"$build/operators.md"
{ diff "$project/docs/operators.md" "$build/operators.md" || true; } | grep -i "^> .*$operator" ||
    fail "the table of operators does not name it"
{ printf 'P6 64 48 255\n' && head -c $((64 * 48 * 3)) /dev/zero; } >"$build/photo.ppm"
"$build/segment" "$project/samples/models/selfie.onnx" "$build/photo.ppm" "$build/mask.pgm"
[ "$(wc -c <"$build/mask.pgm")" -eq $((13 + 64 * 48)) ] || fail "the program of docs/use_in/cpp.md wrote no mask of 64x48"
