#!/usr/bin/env bash
# Runs hello_vulkan ($1) under the validation layer on the software devices that there are, submitted and recorded; each mask
# must be that of the host path. $2 is the project's folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ran=0
for device in llvmpipe SwiftShader; do
    if [ -n "${VKSEG_TEST_DEVICES:-}" ] && [[ "$device" != *"$VKSEG_TEST_DEVICES"* ]]; then
        continue
    fi
    for way in "" --record; do
        if ! "$1" "$2/samples/models/selfie.onnx" "$2/samples/data/astronaut.png" "$work/frame.ppm" \
            --device "$device" $way --frames 4 --compare --validate >"$work/log" 2>&1; then
            grep -q "no Vulkan device named" "$work/log" && continue
            cat "$work/log"
            exit 1
        fi
        mv "$work/frame.ppm" "$work/$device$way.ppm"
        ran=$((ran + 1))
    done
    if [ -e "$work/$device.ppm" ]; then
        cmp "$work/$device.ppm" "$work/$device--record.ppm"
    fi
done
[ "$ran" -gt 0 ] || { echo "hello_vulkan: found neither llvmpipe nor SwiftShader"; exit 1; }
