#!/usr/bin/env bash
# Runs the vkseg program for its exit codes, its one message on stderr, and the files it writes.
# usage: cli_test.sh PATH_TO_VKSEG SOURCE_DIRECTORY
set -u
vkseg=$(realpath "$1")
source=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
source "$source/tests/support/expect.sh"

expect_file() {
    count=$((count + 1))
    [ -s "$1" ] || fail "$1 was not written"
}

# npy FILE HEADER [DATA]: a .npy file of version 1.
npy() {
    local length=${#2}
    { printf '\x93NUMPY\x01\x00'; printf "\\x$(printf %02x $((length % 256)))\\x$(printf %02x $((length / 256)))"; printf '%s' "$2"; printf "${3-}"; } >"$1"
}

selfie=$source/samples/models/selfie.onnx
photo=$source/samples/data/astronaut.png

# Usage.
expect 2 "subcommand" "$vkseg"
expect 2 "nonsense" "$vkseg" nonsense
expect 2 "IMAGE is required" "$vkseg" segment "$selfie"
expect 2 "--precision" "$vkseg" bench "$selfie" --precision f64
expect 2 "--runs" "$vkseg" bench "$selfie" --runs 0
expect 2 "shape '1x0'" "$vkseg" info "$selfie" --shape 1x0
expect 0 "segment" "$vkseg" --help
expect 0 "Example" "$vkseg" segment --help
expect 0 "." "$vkseg" --version

# Models that are none.
expect 1 "missing.onnx" "$vkseg" info missing.onnx
echo "not a model" >text.onnx
expect 1 "text.onnx" "$vkseg" info text.onnx
head -c 1000 "$selfie" >short.onnx
expect 1 "short.onnx" "$vkseg" info short.onnx
expect 1 "." "$vkseg" info .
expect 0 "multiply-adds" "$vkseg" info "$selfie"
expect 0 "wait for those before" "$vkseg" info "$selfie"
expect 1 "NAME=" "$vkseg" info "$selfie" --shape nosuch=1x3x256x256
expect 1 "expected shape" "$vkseg" info "$selfie" --shape 1x3x200x256

# Devices.
expect 0 "driver" "$vkseg" devices
expect 0 '"is_usable": true' "$vkseg" devices --json
expect 3 "nosuch" "$vkseg" bench "$selfie" --device nosuch
expect 3 "" env VK_DRIVER_FILES=/nonexistent.json VK_ICD_FILENAMES=/nonexistent.json "$vkseg" devices
expect 3 "" env VK_DRIVER_FILES=/nonexistent.json VK_ICD_FILENAMES=/nonexistent.json "$vkseg" segment "$selfie" "$photo"

# Pictures and descriptions.
expect 0 "person" "$vkseg" segment "$selfie" "$photo" -o out
for what in mask overlay cutout; do
    expect_file out/astronaut_$what.png
done
expect 1 "missing.png" "$vkseg" segment "$selfie" missing.png
expect 1 "text.onnx" "$vkseg" segment "$selfie" text.onnx
head -c 5000 "$photo" >short.png
expect 1 "short.png" "$vkseg" segment "$selfie" short.png
mkdir copy
cp "$photo" copy/astronaut.png
expect 2 "astronaut_mask.png" "$vkseg" segment "$selfie" "$photo" copy/astronaut.png
cp "$selfie" bare.onnx
expect 1 "bare.json" "$vkseg" segment bare.onnx "$photo"
echo '{"input": {"size": [100, 100]}}' >bare.json
expect 1 "100x100" "$vkseg" segment bare.onnx "$photo"
echo '{' >bare.json
expect 1 "not valid JSON" "$vkseg" segment bare.onnx "$photo"
touch file
expect 1 "file" "$vkseg" segment "$selfie" "$photo" -o file

# Tensors.
shape="{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 256, 256), }"
npy input.npy "$shape"
head -c $((1 * 3 * 256 * 256 * 4)) /dev/zero >>input.npy
expect 0 "1x1x256x256" "$vkseg" run "$selfie" --input input.npy --output-dir tensors
count=$((count + 1))
[ "$(ls tensors | wc -l)" -eq 1 ] || fail "run did not write one output"
[ "$(stat -c %s tensors/*.npy)" -eq $((128 + 256 * 256 * 4)) ] || fail "the output has the wrong size"
expect 1 "is missing" "$vkseg" run "$selfie"
expect 1 "given twice" "$vkseg" run "$selfie" --input input.npy --input input.npy
expect 1 "NAME=" "$vkseg" run "$selfie" --input nosuch=input.npy
npy bad.npy "$shape" "\0\0\0\0"
expect 1 "holds 4 bytes" "$vkseg" run "$selfie" --input bad.npy
npy bad.npy "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }" "\0\0\0\0"
expect 1 "expected shape" "$vkseg" run "$selfie" --input bad.npy
npy bad.npy "{'descr': '<i4', 'fortran_order': True, 'shape': (1,), }" "\0\0\0\0"
expect 1 "Fortran" "$vkseg" run "$selfie" --input bad.npy
npy bad.npy "{'descr': '<c8', 'fortran_order': False, 'shape': (), }" "\0\0\0\0\0\0\0\0"
expect 1 "<c8" "$vkseg" run "$selfie" --input bad.npy
for header in "" "{" "{}" "{'descr'" "{'descr': '<f4'}" "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }" \
    "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (1,), }" "{'descr': '<f4', 'descr': '<f4'}"; do
    npy bad.npy "$header" "\0\0\0\0"
    expect 1 "malformed" "$vkseg" run "$selfie" --input bad.npy
done
npy bad.npy "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"
expect 1 "too many values" "$vkseg" run "$selfie" --input bad.npy
npy bad.npy "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1), }" "\0\0\0\0"
expect 1 "more than 6 axes" "$vkseg" run "$selfie" --input bad.npy
printf '\x93NUMPY\x09\x00\x00\x00' >bad.npy
expect 1 "version 9" "$vkseg" run "$selfie" --input bad.npy
printf '\x93NUMPY\x01\x00\xff\xff' >bad.npy
expect 1 "cut short" "$vkseg" run "$selfie" --input bad.npy
printf '\x93NUM' >bad.npy
expect 1 "no .npy file" "$vkseg" run "$selfie" --input bad.npy
expect 1 "missing.npy" "$vkseg" run "$selfie" --input missing.npy

# Measurements.
expect 0 "GFLOP/s" "$vkseg" bench "$source/samples/models/selfie_landscape.onnx" --runs 1 --warmup 0 --per-node --json bench.json
for key in device driver model precision load_ms plan_ms first_run_ms run_ms device_ms gmacs memory_bytes nodes moved_bytes; do
    count=$((count + 1))
    grep -q "\"$key\"" bench.json || fail "bench.json lacks $key"
done

echo "$count checks of the vkseg program, $failures failed"
[ $failures -eq 0 ]
