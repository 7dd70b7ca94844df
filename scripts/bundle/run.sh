#!/usr/bin/env bash
# Tests vkseg and times its networks on every Vulkan device of this machine, and writes results.json and summary.txt
# beside this file. Needs bash, the usual small tools, glibc 2.36 and a Vulkan driver. Nothing is installed or sent.
#   ./run.sh            all devices
#   ./run.sh --quick    times only, no tests
set -uo pipefail
export LC_ALL=C
cd "$(dirname "$0")" || exit 1
quick=0
if [ "${1:-}" = --quick ]; then
    quick=1
elif [ $# -gt 0 ]; then
    echo "usage: ./run.sh [--quick]" >&2
    exit 2
fi

# Adds SwiftShader, which browsers ship without registering it, to the drivers that the loader finds.
if [ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}${VK_ADD_DRIVER_FILES:-}" ]; then
    for file in /usr/lib/chromium/vk_swiftshader_icd.json /opt/google/chrome/vk_swiftshader_icd.json \
                /usr/lib64/chromium-browser/vk_swiftshader_icd.json; do
        if [ -e "$file" ]; then
            export VK_ADD_DRIVER_FILES=$file
            break
        fi
    done
fi

export VKSEG_TEST_ZOO_DATA=$PWD/zoo # networks, inputs, and outputs of PyTorch
export VKSEG_TEST_NETWORKS=$PWD/networks # the same of newer architectures, exported to ONNX

rm -rf logs results.json summary.txt
mkdir logs
outcome=0
say() { printf '%s\n' "$*" | tee -a summary.txt; }
quoted() { printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g')"; }

processor=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
system=$(sed -n 's/^PRETTY_NAME="\{0,1\}\([^"]*\).*/\1/p' /etc/os-release 2>/dev/null)
date=$(date -u +%Y-%m-%dT%H:%M:%SZ)
version=$(cat VERSION)
say "vkseg $version, $date"
say "system    ${system:-unknown}, Linux $(uname -r)"
say "processor ${processor:-unknown}, $(nproc) threads"
say ""

if ! bin/vkseg devices --json >logs/devices.json 2>logs/devices.err; then
    say "No usable Vulkan device: $(cat logs/devices.err)"
    outcome=3
fi
bin/vkseg devices 2>/dev/null | tee -a summary.txt

# Prints a line "INDEX NAME" for each usable device. Relies on the JSON having one key a line.
usable() {
    awk '
        /^ *"index":/ { gsub(/[^0-9]/, ""); index_ = $0 }
        /^ *"name":/ { sub(/^ *"name": "/, ""); sub(/",? *$/, ""); name = $0 }
        /^ *"is_usable": true/ { print index_, name }
    ' logs/devices.json
}

# run_test DEVICE PROGRAM LOG ARGUMENT…: appends to the list of test results.
tests=""
run_test() {
    local device=$1 program=$2 log=$3 begin=$SECONDS code=0 passed failed
    shift 3
    VKSEG_TEST_DEVICES=$device timeout 3600 "bin/$program" "$@" >"logs/$log" 2>&1 || code=$?
    if [ "$program" = vkseg_node_tests ]; then
        passed=$(awk '/^[0-9]+ node tests passed on / { n += $1 } END { print n + 0 }' "logs/$log")
        failed=$(awk '/^[0-9]+ node tests failed on / { n += $1 } END { print n + 0 }' "logs/$log")
    else
        passed=$(sed -n 's/^.*test cases:.*| *\([0-9]*\) passed.*/\1/p' "logs/$log" | tail -n 1)
        failed=$(sed -n 's/^.*test cases:.*| *\([0-9]*\) failed.*/\1/p' "logs/$log" | tail -n 1)
    fi
    say "$(printf '  %-18s %5s passed, %s failed, exit code %s, %s s' "$program" "${passed:-0}" "${failed:-0}" "$code" $((SECONDS - begin)))"
    grep -E '^FAILED|^TEST CASE:|ERROR:|^validation:| checks on ' "logs/$log" | sed 's/^/    /' | head -n 40 >>summary.txt
    [ "$code" -eq 0 ] || outcome=1
    tests+="${tests:+,}
    {\"device\": $(quoted "$device"), \"program\": \"$program\", \"passed\": ${passed:-0}, \"failed\": ${failed:-0}, \"exit_code\": $code, \"seconds\": $((SECONDS - begin))}"
}

if [ $quick -eq 0 ]; then
    say ""
    say "Tests"
    while IFS= read -r device; do
        [ -n "$device" ] || continue
        say "$device"
        slug=$(printf '%s' "$device" | tr -c 'A-Za-z0-9' _)
        run_test "$device" vkseg_tests "tests_$slug.txt"
        run_test "$device" vkseg_node_tests "node_tests_$slug.txt" --data node_tests
        run_test "$device" vkseg_node_tests "node_tests_f16_$slug.txt" --data node_tests --f16
    done < <(usable | cut -d' ' -f2- | sort -u)
fi

say ""
say "Times"
bench=""
while read -r index device; do
    [ -n "$index" ] || continue
    say "$device"
    for model in models/*.onnx zoo:lraspp-mobilenet-v3 zoo:deeplab-v3plus-mobilenet-v2 zoo:unet-padded; do
        for precision in f32 f16; do
            name=$(basename "${model%.onnx}")
            name=${name#zoo:}
            file=logs/bench_${index}_${name}_$precision
            if timeout 900 bin/vkseg bench "$model" --device "$index" --precision $precision --runs 10 --json "$file.json" \
                >"$file.txt" 2>&1; then
                bench+="${bench:+,}
$(sed 's/^/    /' "$file.json")"
                median=$(awk '/"run_ms"/ { seen = 1 } seen && /"median"/ { sub(/^[^:]*: */, ""); sub(/,.*/, ""); print; exit }' "$file.json")
                say "$(printf '  %-18s %s  %10.2f ms a run' "$name" $precision "${median:-0}")"
            else
                say "  $name $precision failed: $(tail -n 1 "$file.txt")"
                outcome=1
            fi
        done
    done
    for photo in photos/*; do
        if ! bin/vkseg segment models/selfie.onnx "$photo" --device "$index" -o "logs/pictures_$index" \
            >"logs/segment_$index.txt" 2>&1; then
            say "  segmenting $photo failed: $(tail -n 1 "logs/segment_$index.txt")"
            outcome=1
        fi
    done
done < <(usable)

{
    echo "{"
    echo "  \"vkseg\": $(quoted "$version"),"
    echo "  \"date\": \"$date\","
    echo "  \"system\": $(quoted "${system:-}"),"
    echo "  \"kernel\": $(quoted "$(uname -r)"),"
    echo "  \"processor\": $(quoted "${processor:-}"),"
    echo "  \"devices\": $(if [ -s logs/devices.json ]; then sed '2,$s/^/  /' logs/devices.json; else echo '[]'; fi),"
    echo "  \"tests\": [$tests],"
    echo "  \"bench\": [$bench],"
    echo "  \"outcome\": $outcome"
    echo "}"
} >results.json
say ""
if [ $outcome -eq 0 ]; then
    say "Everything passed."
else
    say "Something failed; the folder logs has the details."
fi
echo "Please send back $PWD/results.json and $PWD/summary.txt"
exit $outcome
