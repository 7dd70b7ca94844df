#!/usr/bin/env bash
# Runs vkseg_benchmark on one quick row for its exit codes and for what it writes.
# usage: benchmark_test.sh PATH_TO_VKSEG_BENCHMARK
set -u
benchmark=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
count=0
failures=0

fail() {
    echo "FAILED: $1"
    sed 's/^/    /' stdout stderr
    failures=$((failures + 1))
}

# expect CODE TEXT ARGUMENT...: the exit code is CODE; stderr is one line that holds TEXT, or for code 0 stdout holds it.
expect() {
    local code=$1 text=$2
    shift 2
    count=$((count + 1))
    "$benchmark" "$@" >stdout 2>stderr
    local got=$?
    if [ $got -ne "$code" ]; then
        fail "$* ended with $got instead of $code"
    elif [ "$code" -eq 0 ]; then
        [ -s stderr ] && fail "$* wrote to stderr"
        grep -qF -- "$text" stdout || fail "$* did not print '$text'"
    else
        [ "$(wc -l <stderr)" -eq 1 ] || fail "$* did not write one line to stderr"
        grep -qF -- "$text" stderr || fail "$* did not say '$text'"
    fi
}

expect 0 "Examples" --help
expect 0 "." --version
expect 2 "nonsense" nonsense
expect 2 "--runs" --runs 0
expect 2 "--precision" --precision f64
expect 2 "no name" --filter "no such row"
expect 2 "--model" operators --model missing.onnx
expect 3 "nosuch" --device nosuch
expect 1 "missing.onnx" networks --filter missing --model missing.onnx --json failed.json
expect 0 "max-pool" --runs 1 --filter "max-pool" --device all --json rows.json --picture rows.png

for key in version devices name driver multiply_add_gflop_per_s kernel_copy_gb_per_s rows device_ms host_ms process_ms \
    median gflop_per_s share_of_peak gb_per_s share_of_copy weights_bytes peak_resident_bytes; do
    count=$((count + 1))
    grep -q "\"$key\"" rows.json || fail "rows.json lacks $key"
done
count=$((count + 2))
grep -q '"failure": "missing.onnx' failed.json || fail "failed.json does not say what failed"
[ "$(head -c 8 rows.png | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] || fail "rows.png is no PNG"

echo "$count checks of vkseg_benchmark, $failures failed"
[ $failures -eq 0 ]
