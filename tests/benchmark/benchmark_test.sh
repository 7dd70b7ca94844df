#!/usr/bin/env bash
# Runs vkseg_benchmark on quick rows for its exit codes and for what it writes.
# usage: benchmark_test.sh PATH_TO_VKSEG_BENCHMARK SOURCE_FOLDER
set -u
benchmark=$(realpath "$1")
expectations=$(dirname "$(realpath "$0")")/../support/expect.sh
models=$(realpath "$2")/samples/models
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
source "$expectations"

expect 0 "Examples" "$benchmark" --help
expect 0 "." "$benchmark" --version
expect 2 "nonsense" "$benchmark" nonsense
expect 2 "--runs" "$benchmark" --runs 0
expect 2 "--precision" "$benchmark" --precision f64
expect 2 "--nodes" "$benchmark" --nodes 0
expect 2 "a row's name" "$benchmark" --filter "no such row"
expect 2 "--model" "$benchmark" operators --model missing.onnx
expect 3 "nosuch" "$benchmark" --device nosuch
expect 1 "missing.onnx" "$benchmark" networks --filter missing --model missing.onnx --json failed.json
expect 0 "max-pool" "$benchmark" --runs 1 --filter "max-pool" --device all --json rows.json --picture rows.png

expect 0 "nearer" "$benchmark" networks --runs 1 --filter selfie --model "$models/selfie.onnx" --nodes 3 --json nodes.json
expect_number_of() {
    count=$((count + 1))
    local got
    got=$(grep -c "\"$1\"" nodes.json)
    [ "$got" -eq "$2" ] || fail "nodes.json has $got times $1 instead of $2"
}
for key in operator share_of_run nearer_bound; do
    expect_number_of $key 3
done
expect_number_of share_of_peak 4 # of the network too

for key in version devices name driver calibrations multiply_add_gflop_per_s kernel_copy_gb_per_s rows device_ms host_ms process_ms \
    median gflop_per_s share_of_peak gb_per_s share_of_copy weights_bytes peak_resident_bytes; do
    count=$((count + 1))
    grep -q "\"$key\"" rows.json || fail "rows.json lacks $key"
done
count=$((count + 2))
grep -q '"failure": "missing.onnx' failed.json || fail "failed.json does not say what failed"
[ "$(head -c 8 rows.png | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] || fail "rows.png is no PNG"

echo "$count checks of vkseg_benchmark, $failures failed"
[ $failures -eq 0 ]
